"""The report of a month for a unit, as a page and as a paper with the audit checkpoints."""

from __future__ import annotations

from datetime import date

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from law.errors import InvalidInput
from plumbing.months import Month
from plumbing.papers.month_report import Checkpoint, MonthReport, month_report
from services.portal.month_report import counted, months_until, sections
from services.portal.pages.checkpoints import newest
from services.portal.pages.letters import pdf_response
from services.portal.pages.platform_state import of_each_service
from services.portal.pages.reading import bureau_names, today
from services.portal.pages.sign_in import qr_code
from services.portal.visit import Visit
from services.portal.wording import Words

MONTHS = 24


async def page(visit: Visit) -> Response:
    """Shows the figures of a month, by default the last one that is over."""
    day = date.fromisoformat(await today(visit))
    offered = months_until(day, MONTHS)
    month = _chosen(visit, day, offered)
    points = await _checkpoints(visit)
    return visit.page(
        "month_report.html",
        month=str(month),
        offered=offered,
        last=month.last.isoformat(),
        sections=sections(await counted(visit, month), visit.words),
        points=points,
        codes={one.service: qr_code(one.note) for one in points},
    )


async def paper(visit: Visit) -> Response:
    """Sends the report as PDF, in Chinese."""
    day = date.fromisoformat(await today(visit))
    month = _chosen(visit, day, months_until(day, MONTHS))
    bureau = visit.person.bureau
    report = MonthReport(
        bureau=(await bureau_names(visit)).get(bureau, bureau),
        month=month,
        made_on=day,
        sections=sections(await counted(visit, month), Words(str, "zh-CN")),
        checkpoints=await _checkpoints(visit),
    )
    pdf = await run_in_threadpool(month_report, report, visit.portal.settings.font_dir)
    return pdf_response(pdf, f"{month}月报")


def _chosen(visit: Visit, day: date, offered: list[str]) -> Month:
    text = visit.query("month")
    if text and text not in offered:
        raise InvalidInput("只有已结束的月份有月报", "Only a month that is over has a report")
    return Month.of(text, day)


async def _checkpoints(visit: Visit) -> list[Checkpoint]:
    """The newest checkpoint of each service that answers and has one."""
    answers = await of_each_service(visit, newest)
    return [
        Checkpoint(name, visit.words.service(name), one.note)
        for name, one in answers.items()
        if one and one.note
    ]

"""Pages of how punctual institutions are: the figures of each, and the reports they are about."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from urllib.parse import urlencode

from starlette.responses import Response

from plumbing.client import ask
from plumbing.identity import Role
from protos.registry.v1 import institutions_pb2 as pb
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    chunk_of,
    day_of,
    show,
)
from services.portal.pages.reading import certificate_cell
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/punctuality"
REPORTS = f"{PATH}/reports"
_CITE = "S4 二(四)"
_STATES = (("late", N_("逾期")), ("awaited", N_("证书未上传")))


async def page(visit: Visit) -> Response:
    """Shows what each institution did in time and what late, within days that can be chosen."""

    async def read(asked: Asked) -> Chunk[pb.Punctuality]:
        days = {name: asked[name] for name in ("counted_from", "counted_until")}
        answer = await ask(
            visit.services.institutions.GetPunctuality(pb.GetPunctualityRequest(**days))
        )
        return Chunk(answer.institutions, total=len(answer.institutions))

    figures = Listing(
        path=PATH,
        title=N_("报送期限"),
        counted=N_("共 {total} 家，第 {first}–{last} 家"),
        columns=(
            Column(N_("检定机构"), _reports_of),
            Column(N_("报送的检定"), lambda one: one.reported, numeric=True),
            Column(N_("结果逾期"), lambda one: one.results_late, numeric=True),
            Column(N_("证书逾期"), lambda one: one.certificates_late, numeric=True),
            Column(N_("逾期办理的申请步骤"), lambda one: one.steps_late, numeric=True),
            Column(N_("现在逾期的申请"), lambda one: one.orders_overdue, numeric=True),
        ),
        read=read,
        empty=N_("这段时间里没有检定机构自己报送的检定。"),
        filters=(
            Filter("counted_from", N_("从哪天起（如 2026-01-01）")),
            Filter("counted_until", N_("到哪天")),
        ),
    )
    return await show(visit, figures, "institution/punctuality.html", cite=_CITE)


def _reports_of(one: pb.Punctuality) -> Cell:
    asked = urlencode({"institution": one.institution})
    return Cell(one.institution, link=f"{REPORTS}?{asked}")


async def reports(visit: Visit) -> Response:
    """Shows the verifications that institutions reported, each with its last day and its delays."""
    say, words = visit.say, visit.words

    async def read(asked: Asked) -> Chunk[pb.Report]:
        request = pb.ListReportsRequest(
            institution=asked["institution"], state=asked["state"], **asked.paging
        )
        answer = await ask(visit.services.institutions.ListReports(request))
        return chunk_of(answer, answer.reports)

    listing = Listing(
        path=REPORTS,
        title=N_("报送的检定"),
        counted=N_("共 {total} 次，第 {first}–{last} 次"),
        columns=(
            Column(N_("器具"), lambda one: _instrument(words.instrument_type, one)),
            Column(N_("检定机构"), lambda one: one.entry.verification.institution),
            Column(N_("证书编号"), lambda one: certificate_cell(visit, one.entry.verification)),
            Column(N_("检定日期"), lambda one: day_of(one.entry.verification.verified_on)),
            Column(N_("最后报送日"), lambda one: one.entry.verification.report_by),
            Column(N_("报送日期"), partial(_came, visit, "reported_on", "result_late")),
            Column(N_("证书上传日期"), partial(_came, visit, "certificate_on", "certificate_late")),
        ),
        read=read,
        empty=N_("没有这样的报送。"),
        filters=(
            Filter("state", N_("状态"), [(code, say(word)) for code, word in _STATES]),
            *(() if visit.has(Role.VERIFICATION_INSTITUTION) else (_INSTITUTION,)),
        ),
    )
    return await show(visit, listing)


_INSTITUTION = Filter("institution", N_("检定机构全称"))


def _instrument(type_name: Callable[[str], str], one: pb.Report) -> str:
    return f"{type_name(one.entry.type_code)} {one.entry.serial_no}"


def _came(visit: Visit, day: str, late: str, one: pb.Report) -> Cell:
    """A day, or that nothing came yet, with a note if it is late."""
    came = day_of(getattr(one.entry.verification, day)) or visit.say(N_("尚未上传"))
    return Cell(came, note=visit.say(N_("逾期")) if getattr(one, late) else "")

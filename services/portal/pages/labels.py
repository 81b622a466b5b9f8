"""Labels of instruments: a list to choose from, and sheets to print."""

from __future__ import annotations

from datetime import date

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from law.errors import NotFound
from law.instruments import catalogue
from plumbing.client import ask
from plumbing.identity import Role
from plumbing.papers.label_sheet import PER_SHEET, LabelFace, label_sheet
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.letters import pdf_response
from services.portal.pages.reading import today
from services.portal.visit import Visit

PAGE_SIZE = 5 * PER_SHEET


async def listing(visit: Visit) -> Response:
    """Shows the labels of the instruments that the visitor may see, to choose which to print."""
    answer = await ask(visit.services.registry.ListLabels(_asked(visit)))
    return visit.page(
        "labels/list.html",
        labels=answer.labels,
        total=answer.total if answer.HasField("total") else 0,
        more=answer.next_page_token,
        subject_id=visit.query("subject"),
        here_page=visit.query("page"),
    )


async def sheet(visit: Visit) -> Response:
    """Sends the chosen labels as PDF; without a choice, those of one page of the list."""
    chosen = visit.request.query_params.getlist("id")[:PAGE_SIZE]
    request = _asked(visit)
    request.instrument_ids.extend(dict.fromkeys(chosen))
    labels = (await ask(visit.services.registry.ListLabels(request))).labels
    if not labels:
        raise NotFound("没有可以打印的标签", "There is no label to print")
    faces = [LabelFace(one.code, _type_name(one.type_code), one.serial_no) for one in labels]
    on, settings = date.fromisoformat(await today(visit)), visit.portal.settings
    pdf = await run_in_threadpool(label_sheet, faces, on, settings.portal_url, settings.font_dir)
    return pdf_response(pdf, "labels")


def _asked(visit: Visit) -> registry.ListLabelsRequest:
    own = visit.person.subject_id if visit.has(Role.OPERATOR) else visit.query("subject")
    return registry.ListLabelsRequest(
        subject_id=own, page_size=PAGE_SIZE, page_token=visit.query("page")
    )


def _type_name(type_code: str) -> str:
    """The Chinese name, in whatever language the page is: the label hangs in a shop."""
    known = catalogue().get(type_code)
    return known.name_zh if known else type_code

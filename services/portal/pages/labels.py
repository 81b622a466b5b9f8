"""Labels of instruments: a list to choose from, and sheets to print, by one or by hundreds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from law.errors import NotFound
from law.instruments import catalogue
from plumbing.client import ask
from plumbing.identity import Role
from plumbing.papers.label_sheet import LabelFace, label_sheet, layouts, path_of
from protos.registry.v1 import registry_pb2 as registry
from services.portal.address import STAFF
from services.portal.pages.institution import own_name
from services.portal.pages.letters import pdf_response
from services.portal.pages.reading import today
from services.portal.visit import Visit

PRINTING = (Role.OPERATOR, *STAFF, Role.VERIFICATION_INSTITUTION)
PAGE_SIZE = 100
AT_ONCE = 500  # labels in one file, as many as may be chosen
STATES = ("in_use", "spare", "stopped")
_FILTERS = ("subject", "type", "state")


async def listing(visit: Visit) -> Response:
    """Shows the labels of the instruments that the visitor may see, to choose which to print.

    An institution sees those of what it verified or has an order for.
    """
    own = await _of_visitor(visit)
    if own is None:
        return _page(visit, registry.ListLabelsResponse())
    request = registry.ListLabelsRequest(**own, page_size=PAGE_SIZE, page_token=visit.query("page"))
    return _page(visit, await ask(visit.services.registry.ListLabels(request)))


def _page(visit: Visit, answer: registry.ListLabelsResponse) -> Response:
    total = answer.total if answer.HasField("total") else len(answer.labels)
    words = visit.words
    return visit.page(
        "labels/list.html",
        labels=answer.labels,
        total=answer.total if answer.HasField("total") else 0,
        more=answer.next_page_token,
        files=[] if visit.query("page") else _parts(answer.more_than or total),
        filters={name: visit.query(name) for name in _FILTERS},
        types=sorted((code, words.instrument_type(code)) for code in catalogue()),
        states=[(state, words.instrument_state(state)) for state in STATES],
        layouts=[
            (one.name, one.zh if visit.language == "zh-CN" else one.en)
            for one in layouts().values()
        ],
        filing=not visit.has(Role.VERIFICATION_INSTITUTION),
    )


def _parts(total: int) -> list[tuple[int, int, int]]:
    """The files that all labels need: number, first and last label of each."""
    starts = range(1, total + 1, AT_ONCE)
    return [(n, first, min(first + AT_ONCE - 1, total)) for n, first in enumerate(starts, 1)]


async def sheet(visit: Visit) -> Response:
    """Sends labels as PDF in the chosen layout: those chosen, or a part of all in the list."""
    layout = layouts().get(visit.query("layout")) or next(iter(layouts().values()))
    labels = await _wanted(visit)
    if not labels:
        raise NotFound("没有可以打印的标签", "There is no label to print")
    faces = [
        LabelFace(one.code, path_of(one.code, one.giai), _type_name(one.type_code), one.serial_no)
        for one in labels
    ]
    on, settings = date.fromisoformat(await today(visit)), visit.portal.settings
    pdf = await run_in_threadpool(
        label_sheet, faces, layout, on, settings.portal_url, settings.font_dir
    )
    return pdf_response(pdf, "labels")


async def _wanted(visit: Visit) -> Sequence[registry.Label]:
    own, part = await _of_visitor(visit), visit.query("part")
    if own is None:
        return []
    request = registry.ListLabelsRequest(**own, page_size=AT_ONCE)
    if not part:
        chosen = visit.request.query_params.getlist("id")[:AT_ONCE]
        request.instrument_ids.extend(dict.fromkeys(chosen))
    for number in count(1):
        answer = await ask(visit.services.registry.ListLabels(request))
        if not part or part == str(number):
            return answer.labels
        if not answer.next_page_token:
            break
        request.page_token = answer.next_page_token
    return []


async def _of_visitor(visit: Visit) -> dict[str, Any] | None:
    """What the visitor asks of the labels that are theirs; None for an institution without name."""
    asked = {"type_code": visit.query("type"), "subject_id": visit.query("subject")}
    if visit.query("state") in STATES:
        asked["state"] = visit.query("state")
    if visit.has(Role.OPERATOR):
        asked["subject_id"] = visit.person.subject_id
    elif visit.has(Role.VERIFICATION_INSTITUTION):
        asked["institution"] = await own_name(visit)
        return asked if asked["institution"] else None
    return asked


def _type_name(type_code: str) -> str:
    """The Chinese name, in whatever language the page is: the label hangs in a shop."""
    known = catalogue().get(type_code)
    return known.name_zh if known else type_code

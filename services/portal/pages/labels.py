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
from services.portal.pages import filters
from services.portal.pages.institution import own_name
from services.portal.pages.letters import pdf_response
from services.portal.pages.reading import today
from services.portal.visit import Visit
from services.portal.wording import N_

PRINTING = (Role.OPERATOR, *STAFF, Role.VERIFICATION_INSTITUTION)
PAGE_SIZE = 100
AT_ONCE = 500  # labels in one file, as many as may be chosen
STATES = ("in_use", "spare", "stopped")
_FILTERS = ("subject", "type", "state")


async def listing(visit: Visit) -> Response:
    """Shows the labels of the instruments that the visitor may see, to choose which to print.

    An institution sees those of what it verified or has an order for.
    """
    return await _list(visit)


async def _list(visit: Visit, status: int = 200, **values: Any) -> Response:
    own = await _of_visitor(visit)
    if own is None:
        return await _page(visit, registry.ListLabelsResponse(), status, **values)
    request = registry.ListLabelsRequest(**own, page_size=PAGE_SIZE, page_token=visit.query("page"))
    answer = await ask(visit.services.registry.ListLabels(request))
    return await _page(visit, answer, status, **values)


async def _page(
    visit: Visit, answer: registry.ListLabelsResponse, status: int, **values: Any
) -> Response:
    total = answer.total if answer.HasField("total") else len(answer.labels)
    words = visit.words
    return visit.page(
        "labels/list.html",
        labels=answer.labels,
        total=answer.total if answer.HasField("total") else 0,
        more=answer.next_page_token,
        files=[] if visit.query("page") else _parts(answer.more_than or total),
        filters={name: visit.query(name) for name in _FILTERS},
        types=await filters.types_on_file(visit, "type", N_("器具类型")),
        states=[(state, words.instrument_state(state)) for state in STATES],
        layouts=[
            (one.name, one.zh if visit.language == "zh-CN" else one.en)
            for one in layouts().values()
        ],
        filing=not visit.has(Role.VERIFICATION_INSTITUTION),
        chosen=_chosen(visit),
        status=status,
        **values,
    )


def _chosen(visit: Visit) -> list[str]:
    return [*dict.fromkeys(visit.request.query_params.getlist("id"))]


def _parts(total: int) -> list[tuple[int, int, int]]:
    """The files that all labels need: number, first and last label of each."""
    starts = range(1, total + 1, AT_ONCE)
    return [(n, first, min(first + AT_ONCE - 1, total)) for n, first in enumerate(starts, 1)]


async def sheet(visit: Visit) -> Response:
    """Sends labels as PDF in the chosen layout: those chosen, or a part of all in the list.

    A choice that says nothing leaves the list, with what is to be chosen.
    """
    if errors := _faults(visit):
        return await _list(visit, 422, errors=errors)
    layout = layouts()[visit.query("layout") or next(iter(layouts()))]
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


def _faults(visit: Visit) -> dict[str, str]:
    errors, number = {}, len(_chosen(visit))
    if visit.query("layout") and visit.query("layout") not in layouts():
        errors["layout"] = visit.say(N_("没有这种版式，请选择用什么纸打印"))
    if visit.query("part"):
        return errors
    if not number:
        errors["id"] = visit.say(N_("请选择要打印的标签"))
    elif number > AT_ONCE:
        errors["id"] = visit.say(N_("一次至多打印 {n} 枚")).format(n=AT_ONCE)
    return errors


async def _wanted(visit: Visit) -> Sequence[registry.Label]:
    own, part = await _of_visitor(visit), visit.query("part")
    if own is None:
        return []
    request = registry.ListLabelsRequest(**own, page_size=AT_ONCE)
    if not part:
        request.instrument_ids.extend(_chosen(visit))
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

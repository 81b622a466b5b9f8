"""Pages of subjects for the staff who supervise them: search by name, and one subject."""

from __future__ import annotations

import asyncio
from functools import partial

from starlette.responses import Response

from plumbing.client import ask
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    Read,
    chunk_of,
    list_address,
    show,
)
from services.portal.pages import permits
from services.portal.pages.reading import (
    bureau_names,
    colours_of,
    grade_of,
    path_of,
    records_of,
    subject,
)
from services.portal.pages.subject_lists import short_lists
from services.portal.visit import Visit
from services.portal.wording import N_


async def listing(visit: Visit) -> Response:
    """Shows the subjects that the visitor may see, filtered by a part of the name."""

    async def read(asked: Asked) -> Chunk[registry.Subject]:
        request = registry.ListSubjectsRequest(
            name_contains=asked["q"], order_by=asked.order_by, **asked.paging
        )
        answer = await ask(visit.services.registry.ListSubjects(request))
        return chunk_of(answer, answer.subjects)

    return await show(visit, _listing(visit, read), "subjects/list.html")


def _listing(visit: Visit, read: Read[registry.Subject]) -> Listing[registry.Subject]:
    words = visit.words
    return Listing(
        path="/subjects",
        title=N_("主体"),
        counted=N_("共 {total} 家，第 {first}–{last} 家"),
        columns=(
            Column(N_("名称"), partial(_name, visit), order_by="name"),
            Column(N_("统一社会信用代码"), lambda one: one.credit_code, order_by="credit_code"),
            Column(N_("行业领域"), lambda one: words.sector(one.sector)),
            Column(N_("类型"), lambda one: words.subject_kind(one.kind)),
        ),
        filters=(Filter("q", N_("名称中有"), asks="name_contains"),),
        read=read,
        empty=N_("没有这样的主体。请写名称中连着的几个字，例如“加油站”。"),
    )


def _name(visit: Visit, one: registry.Subject) -> Cell:
    note = visit.say(N_("已注销")) if one.deregistered_on else ""
    return Cell(one.name, link=f"/subjects/{one.subject_id}", note=note)


async def one(visit: Visit) -> Response:
    """Shows a subject with its grade and the first rows of everything that is held of it."""
    firm = await subject(visit, visit.path("subject_id"))
    own = firm.subject_id
    if not own.startswith(visit.path("subject_id")[:6]):
        return visit.redirect(f"/subjects/{own}")  # it was joined, or got another code
    grade, lists, colours, bureaus = await asyncio.gather(
        grade_of(visit, own),
        short_lists(visit, own),
        colours_of(visit, own),
        bureau_names(visit),
    )
    path, records = None, list[registry.Record]()
    if grade is not None and grade.receipt_id:
        (path, _), records = await asyncio.gather(
            path_of(visit, grade.receipt_id), records_of(visit, own)
        )
    return visit.page(
        "subjects/one.html",
        firm=firm,
        former=visit.words.listed((_former(visit, one) for one in firm.former_names), "；"),
        bureau=bureaus.get(firm.bureau, firm.bureau),
        grade=grade,
        path=path,
        named={record.record_id: record for record in records},
        colours=colours,
        permit_measures=await permits.measures_today(visit, grade),
        lists=lists,
        back=list_address(visit, "/subjects"),
    )


def _former(visit: Visit, one: registry.FormerName) -> str:
    """A former name with the day from which the subject has the next one."""
    return visit.say(N_("{name}（至 {day}）")).format(name=one.name, day=visit.words.day(one.until))

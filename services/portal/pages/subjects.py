"""Pages of subjects for the staff who supervise them: search by name, and one subject."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from plumbing.client import ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.portal.listing import (
    Asked,
    Cell,
    Chunk,
    Column,
    Filter,
    Listing,
    Read,
    list_address,
    show,
)
from services.portal.pages.reading import grade_of, path_of, records_of, subject, today
from services.portal.visit import Visit
from services.portal.wording import N_


async def listing(visit: Visit) -> Response:
    """Shows the subjects that the visitor may see, filtered by a part of the name."""

    async def read(asked: Asked) -> Chunk[registry.Subject]:
        request = registry.ListSubjectsRequest(
            name_contains=asked["q"], order_by=asked.order_by, **asked.paging
        )
        answer = await ask(visit.services.registry.ListSubjects(request))
        total = answer.total if answer.HasField("total") else None
        return Chunk(answer.subjects, answer.next_page_token, total)

    return await show(visit, _listing(visit, read), "subjects/list.html")


def _listing(visit: Visit, read: Read[registry.Subject]) -> Listing[registry.Subject]:
    words = visit.words
    return Listing(
        path="/subjects",
        title=N_("主体"),
        counted=N_("共 {total} 家，第 {first}–{last} 家"),
        columns=(
            Column(N_("名称"), _name, order_by="name"),
            Column(N_("统一社会信用代码"), lambda one: one.credit_code, order_by="credit_code"),
            Column(N_("行业领域"), lambda one: words.sector(one.sector)),
            Column(N_("类型"), lambda one: words.subject_kind(one.kind)),
        ),
        filters=(Filter("q", N_("名称中有")),),
        read=read,
        empty=N_("没有这样的主体。请写名称中连着的几个字，例如“加油站”。"),
    )


def _name(one: registry.Subject) -> Cell:
    return Cell(one.name, link=f"/subjects/{one.subject_id}")


async def one(visit: Visit) -> Response:
    """Shows a subject with its grade, records, instruments, cases and notices."""
    firm = await subject(visit, visit.path("subject_id"))
    own = firm.subject_id
    grade, records, instruments, cases, notices, day = await asyncio.gather(
        grade_of(visit, own),
        records_of(visit, own),
        ask(visit.services.alerts.ListColours(alerts.ListColoursRequest(subject_id=own))),
        ask(
            visit.services.objection.ListCases(
                objection.ListCasesRequest(subject_id=own, include_closed=True)
            )
        ),
        ask(visit.services.alerts.ListNotices(alerts.ListNoticesRequest(subject_id=own))),
        today(visit),
    )
    path = None
    if grade is not None and grade.receipt_id:
        path, _ = await path_of(visit, grade.receipt_id)
    return visit.page(
        "subjects/one.html",
        firm=firm,
        grade=grade,
        path=path,
        records=records,
        named={record.record_id: record for record in records},
        instruments=instruments.instruments,
        cases=cases.cases,
        notices=notices.notices,
        today=day,
        back=list_address(visit, "/subjects"),
    )

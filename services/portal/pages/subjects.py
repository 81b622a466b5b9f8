"""Pages of subjects for the staff who supervise them: search by name, and one subject."""

from __future__ import annotations

import asyncio

from starlette.responses import Response

from plumbing.client import ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.objection.v1 import objection_pb2 as objection
from protos.registry.v1 import registry_pb2 as registry
from services.portal.pages.reading import grade_of, path_of, records_of, subject, today
from services.portal.visit import Visit

PAGE_SIZE = 50


async def listing(visit: Visit) -> Response:
    """Shows the subjects that the visitor may see, filtered by a part of the name."""
    request = registry.ListSubjectsRequest(
        name_contains=visit.query("q"), page_size=PAGE_SIZE, page_token=visit.query("page")
    )
    answer = await ask(visit.services.registry.ListSubjects(request))
    return visit.page(
        "subjects/list.html",
        subjects=answer.subjects,
        asked=visit.query("q"),
        more=answer.next_page_token,
    )


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
    )

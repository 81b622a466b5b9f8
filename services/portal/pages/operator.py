"""Pages of an operator about its own firm: grade, records, messages."""

from __future__ import annotations

import asyncio

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.grading.v1 import assessments_pb2 as assessments
from protos.objection.v1 import objection_pb2 as objection
from services.portal.pages.reading import grade_of, kept_record, path_of, records_of, subject
from services.portal.visit import Visit

PAGE_SIZE = 50


async def grade(visit: Visit) -> Response:
    """Shows the firm's grade, how it was computed, and how it can change."""
    subject_id = visit.person.subject_id
    firm, now = await asyncio.gather(subject(visit, subject_id), grade_of(visit, subject_id))
    if now is None or not now.receipt_id:
        return visit.page("operator/grade.html", firm=firm, grade=now, path=None, outlook=None)
    path, sentences = await path_of(visit, now.receipt_id)
    records = {r.record_id: r for r in await records_of(visit, subject_id)}
    return visit.page(
        "operator/grade.html",
        firm=firm,
        grade=now,
        path=path,
        sentences=sentences,
        outlook=await _outlook(visit, subject_id),
        records=records,
    )


async def records(visit: Visit) -> Response:
    """Shows every credit record of the firm, with the acts that are possible for it."""
    subject_id = visit.person.subject_id
    found = await records_of(visit, subject_id)
    kept = await asyncio.gather(*(kept_record(visit, r.record_id) for r in found))
    open_cases = objection.ListCasesRequest(subject_id=subject_id, page_size=PAGE_SIZE)
    cases = (await ask(visit.services.objection.ListCases(open_cases))).cases
    contested = {record_id: case for case in cases for record_id in case.record_ids}
    return visit.page("operator/records.html", kept=kept, contested=contested)


async def messages(visit: Visit) -> Response:
    """Shows the notices sent to the firm, newest first."""
    request = alerts.ListNoticesRequest(
        subject_id=visit.person.subject_id, page_size=PAGE_SIZE, page_token=visit.query("page")
    )
    answer = await ask(visit.services.alerts.ListNotices(request))
    return visit.page("operator/messages.html", notices=answer.notices, more=answer.next_page_token)


async def _outlook(visit: Visit, subject_id: str) -> assessments.OutlookResponse | None:
    try:
        request = assessments.OutlookRequest(subject_id=subject_id)
        return await ask(visit.services.assessments.Outlook(request))
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.NOT_FOUND:
            return None
        raise

"""Pages of an operator about its grade: how it came about, how it can change, and its history."""

from __future__ import annotations

import asyncio

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.grading.v1 import assessments_pb2 as assessments
from protos.grading.v1 import grading_pb2 as grading
from services.portal.pages.reading import grade_of, path_of, records_of, subject
from services.portal.pictures.outlook_line import outlook_line
from services.portal.visit import Visit

SHOWN = 50  # grades of the history


async def grade(visit: Visit) -> Response:
    """Shows the firm's grade, how it was computed, how it can change, and its history."""
    own = visit.person.subject_id
    firm, now, found, outlook, history = await asyncio.gather(
        subject(visit, own),
        grade_of(visit, own),
        records_of(visit, own),
        _outlook(visit, own),
        _history(visit, own),
    )
    path, sentences = None, list[str]()
    if now is not None and now.receipt_id:
        path, sentences = await path_of(visit, now.receipt_id)
    return visit.page(
        "operator/grade.html",
        firm=firm,
        grade=now,
        path=path,
        sentences=sentences,
        outlook=outlook,
        line=outlook_line(outlook) if outlook else None,
        records={record.record_id: record for record in found},
        history=history,
    )


async def receipt(visit: Visit) -> Response:
    """Shows the receipt of a grade: every step with its article, and the whole in sentences."""
    receipt_id = visit.path("receipt_id")
    path, sentences = await path_of(visit, receipt_id)
    found = await records_of(visit, path.receipt.subject_id)
    return visit.page(
        "operator/receipt.html",
        receipt_id=receipt_id,
        path=path,
        sentences=sentences,
        records={record.record_id: record for record in found},
    )


async def _history(visit: Visit, subject_id: str) -> list[grading.Grade]:
    """The grades as they are known today, newest first."""
    request = grading.ListGradesRequest(subject_id=subject_id, page_size=SHOWN)
    try:
        grades = (await ask(visit.services.grading.ListGrades(request))).grades
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.NOT_FOUND:
            return []
        raise
    known = [grade for grade in grades if not grade.HasField("known_to")]
    return sorted(known, key=lambda grade: grade.in_force_from, reverse=True)


async def _outlook(visit: Visit, subject_id: str) -> assessments.OutlookResponse | None:
    try:
        request = assessments.OutlookRequest(subject_id=subject_id)
        return await ask(visit.services.assessments.Outlook(request))
    except Refusal as refusal:
        if refusal.code is grpc.StatusCode.NOT_FOUND:
            return None
        raise

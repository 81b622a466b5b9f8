"""Pages of escalation: after a red alert, a person approves, declines or defers each step."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from plumbing.clock import SHANGHAI
from protos.alerts.v1 import escalations_pb2 as pb
from services.portal.pages.reading import subject, subject_names
from services.portal.visit import Visit, faults_by_field, message_of

PAGE_SIZE = 50
STATES = ("proposed", "appointed", "waiting", "exhausted", "closed")


async def listing(visit: Visit) -> Response:
    """Shows the escalation cases that the visitor may see: all, or those in a chosen state."""
    state = visit.query("state") if visit.query("state") in STATES else ""
    request = pb.ListEscalationsRequest(
        state=state, page_size=PAGE_SIZE, page_token=visit.query("page")
    )
    answer = await ask(visit.services.escalations.ListEscalations(request))
    return visit.page(
        "escalations/list.html",
        found=answer.escalations,
        state=state,
        states=STATES,
        firms=await subject_names(visit, (case.subject_id for case in answer.escalations)),
        more=answer.next_page_token,
    )


async def one(visit: Visit) -> Response:
    """Shows an escalation case with its steps and drafts; its form decides on the proposed step."""
    if visit.request.method == "GET":
        return await _page(visit)
    errors = _missing(visit)
    if errors:
        return await _page(visit, 422, errors=errors)
    try:
        await _decide(visit)
    except Refusal as refusal:
        if refusal.code not in (
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.FAILED_PRECONDITION,
        ):
            raise
        errors = faults_by_field(refusal, visit.language)
        return await _page(visit, 422, errors=errors, refusal=message_of(refusal, visit.language))
    return visit.redirect(f"/escalations/{visit.path('escalation_id')}")


async def _decide(visit: Visit) -> None:
    which = {
        "request_id": visit.request_id(),
        "escalation_id": visit.path("escalation_id"),
        "step": visit.field("step"),
    }
    service = visit.services.escalations
    if visit.field("answer") == "approve":
        await ask(service.ApproveStep(_approval(visit, which)))
    elif visit.field("answer") == "decline":
        reasons = visit.field("reasons")
        await ask(service.DeclineStep(pb.DeclineStepRequest(**which, reasons=reasons)))
    else:
        await ask(service.DeferStep(pb.DeferStepRequest(**which)))


def _approval(visit: Visit, which: dict[str, Any]) -> pb.ApproveStepRequest:
    request = pb.ApproveStepRequest(**which)
    if visit.field("step") == "interview":
        moment = datetime.fromisoformat(visit.field("at")).replace(tzinfo=SHANGHAI)
        request.appointment.at.FromDatetime(moment)
        request.appointment.place = visit.field("place")
        request.appointment.attendees = visit.field("attendees")
        request.appointment.note_in_archive = visit.field("note_in_archive") == "yes"
    if visit.field("step") == "exposure":
        request.publication.facts_verified = visit.field("facts_verified") == "yes"
        request.publication.confidentiality_reviewed = visit.field("reviewed") == "yes"
        request.publication.media.extend(visit.fields("media"))
    return request


def _missing(visit: Visit) -> dict[str, str]:
    answer, errors = visit.field("answer"), {}
    if answer not in ("approve", "decline", "defer"):
        errors["answer"] = visit.say("请选择批准、不批准或者暂缓")
    if answer == "decline" and not visit.field("reasons"):
        errors["reasons"] = visit.say("请写明不批准的理由")
    if answer == "approve" and visit.field("step") == "interview":
        errors |= _missing_of_interview(visit)
    return errors


def _missing_of_interview(visit: Visit) -> dict[str, str]:
    errors = {}
    try:
        datetime.fromisoformat(visit.field("at"))
    except ValueError:
        errors["at"] = visit.say("请填写约谈的日期和时间，例如 2026-11-20T14:30")
    if not visit.field("place"):
        errors["place"] = visit.say("请填写约谈的地点")
    if not visit.field("attendees"):
        errors["attendees"] = visit.say("请填写请谁参加，例如：法定代表人")
    return errors


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetEscalationRequest(escalation_id=visit.path("escalation_id"))
    answer = await ask(visit.services.escalations.GetEscalation(request))
    return visit.page(
        "escalations/one.html",
        status=status,
        found=answer.escalation,
        steps=answer.steps,
        alerts=answer.alerts,
        firm=await subject(visit, answer.escalation.subject_id),
        form=visit.form,
        **values,
    )

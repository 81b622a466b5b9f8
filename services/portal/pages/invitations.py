"""The page on which an operator answers the invitation to an interview."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.alerts.v1 import escalations_pb2 as pb
from services.portal.pages.forms import NOT_A_DAY, is_day, told
from services.portal.visit import Visit
from services.portal.wording import N_

PATH = "/interviews"
ANSWERS = ("attend", "another_day")


async def page(visit: Visit) -> Response:
    """Shows the invitation with the answer so far, and takes an answer."""
    if visit.request.method == "GET":
        return await _page(visit)
    if errors := _faults(visit):
        return await _page(visit, 422, errors=errors)
    later = visit.field("answer") == "another_day"
    request = pb.AnswerInvitationRequest(
        request_id=visit.request_id(),
        escalation_id=visit.path("escalation_id"),
        answer=visit.field("answer"),
        asked_for=visit.field("asked_for") if later else "",
        reasons=visit.field("reasons"),
    )
    try:
        await ask(visit.services.escalations.AnswerInvitation(request))
    except Refusal as refusal:
        return await _page(visit, 422, **told(visit, refusal))
    return visit.redirect(f"{PATH}/{visit.path('escalation_id')}")


def _faults(visit: Visit) -> dict[str, str]:
    errors = {}
    if visit.field("answer") not in ANSWERS:
        errors["answer"] = visit.say(N_("请选择按时参加或者请求改期"))
    if visit.field("answer") == "another_day":
        if not is_day(visit.field("asked_for")):
            errors["asked_for"] = visit.say(NOT_A_DAY)
        if not visit.field("reasons"):
            errors["reasons"] = visit.say(N_("请求改期的，请写明理由"))
    return errors


async def _page(visit: Visit, status: int = 200, **values: Any) -> Response:
    request = pb.GetEscalationRequest(escalation_id=visit.path("escalation_id"))
    answer = await ask(visit.services.escalations.GetEscalation(request))
    interviews = [step for step in answer.steps if step.HasField("interview")]
    return visit.page(
        "escalations/invitation.html",
        status=status,
        found=answer.escalation,
        steps=interviews,
        appointed=next((step for step in interviews if step.state == "appointed"), None),
        form=visit.form,
        **values,
    )

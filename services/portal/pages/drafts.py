"""The page on which people alter the document of a proposed step, and see it before it is kept.

Nothing is sent from here: the altered document waits for its approval, as the former one did.
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.alerts.v1 import escalations_pb2 as pb
from services.portal.pages.forms import told
from services.portal.pages.reading import account_names, subject
from services.portal.visit import Visit
from services.portal.wording import N_

UNDECIDED = ("proposed", "deferred")


def proposed_step(answer: pb.GetEscalationResponse) -> pb.EscalationStep | None:
    """Returns the step of a case that waits for a decision; None if there is none."""
    found = [
        step
        for step in answer.steps
        if step.state in UNDECIDED and step.step == answer.escalation.step
    ]
    return found[-1] if found else None


async def alter(visit: Visit) -> Response:
    """Shows the words of the proposed document, then the whole altered document, then keeps it."""
    escalation_id = visit.path("escalation_id")
    request = pb.GetEscalationRequest(escalation_id=escalation_id)
    answer = await ask(visit.services.escalations.GetEscalation(request))
    step, back = proposed_step(answer), f"/escalations/{escalation_id}"
    if step is None or not step.draft_text:
        return visit.redirect(back)
    if visit.request.method == "GET" or visit.field("act") == "change":
        return await _page(visit, answer, step)
    if visit.field("act") == "preview":
        return await _previewed(visit, answer, step)
    try:
        await ask(visit.services.escalations.AlterStep(_request(visit, escalation_id)))
    except Refusal as refusal:
        is_stale = _seen(visit) != step.draft_version
        status = 409 if is_stale else 422
        return await _page(visit, answer, step, status, is_stale=is_stale, **told(visit, refusal))
    return visit.redirect(back)


async def _previewed(
    visit: Visit, answer: pb.GetEscalationResponse, step: pb.EscalationStep
) -> Response:
    text = _text(visit)
    if not text:
        fault = visit.say(N_("请写明正文；要用平台原来的文字，请点“恢复平台原来的文字”"))
        return await _page(visit, answer, step, 422, errors={"draft_text": fault})
    return await _page(visit, answer, step, preview=step.body.replace(step.draft_text, text))


def _request(visit: Visit, escalation_id: str) -> pb.AlterStepRequest:
    restores = visit.field("act") == "restore"
    return pb.AlterStepRequest(
        request_id=visit.request_id(),
        escalation_id=escalation_id,
        step=visit.field("step"),
        draft_version=_seen(visit),
        draft_text="" if restores else _text(visit),
        correct_by="" if restores else visit.field("correct_by"),
    )


def _text(visit: Visit) -> str:
    """The words of the form; a browser ends each line with two characters."""
    return visit.field("draft_text").replace("\r\n", "\n")


def _seen(visit: Visit) -> int:
    return visit.whole("draft_version") or 0


async def _page(
    visit: Visit,
    answer: pb.GetEscalationResponse,
    step: pb.EscalationStep,
    status: int = 200,
    **values: Any,
) -> Response:
    return visit.page(
        "escalations/draft.html",
        status=status,
        found=answer.escalation,
        step=step,
        firm=await subject(visit, answer.escalation.subject_id),
        people=await account_names(visit, [step.altered_by]),
        form=visit.form,
        **values,
    )

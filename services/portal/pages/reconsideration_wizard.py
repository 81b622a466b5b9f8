"""The wizard to apply for the reconsideration of an objection: the grounds, check, done.

Each form contains the answers given so far; nothing is stored before the application is sent.
"""

from __future__ import annotations

from typing import Any

import grpc
from starlette.responses import Response

from plumbing.client import Refusal, ask
from protos.objection.v1 import objection_pb2 as pb
from services.portal.pages.case_reviews import review_of
from services.portal.pages.cases import contested
from services.portal.pages.evidence_choice import HeldFiles, held_files
from services.portal.pages.reading import bureau_names, today
from services.portal.visit import Visit, faults_by_field, message_of
from services.portal.wording import N_

_OF_THE_FORM = (
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.ALREADY_EXISTS,
)


async def lodge(visit: Visit) -> Response:
    """Shows the next page of the wizard or lodges the reconsideration.

    The form field `step` names the page that was just answered.
    """
    step = visit.field("step")
    held = await held_files(visit)
    if step == "send":
        return await _send(visit, held)
    if held.asks_again:
        return await _page(visit, "grounds", held, 422 if held.errors else 200, errors=held.errors)
    if step == "grounds" and not visit.field("grounds"):
        fault = visit.say(N_("请写明对处理结果哪里不服、理由是什么"))
        return await _page(visit, "grounds", held, 422, errors={"grounds": fault})
    return await (_send(visit, held) if step == "grounds" else _page(visit, "grounds", held))


async def _send(visit: Visit, held: HeldFiles) -> Response:
    request = pb.LodgeReconsiderationRequest(
        request_id=visit.request_id(),
        case_id=visit.path("case_id"),
        grounds=visit.field("grounds"),
        evidence=visit.lines("evidence"),
        evidence_ids=visit.fields("evidence_id"),
        check_only=visit.field("step") != "send",
    )
    try:
        answer = await ask(visit.services.objection.LodgeReconsideration(request))
    except Refusal as refusal:
        if refusal.code not in _OF_THE_FORM:
            raise
        told = faults_by_field(refusal, visit.language)
        message = message_of(refusal, visit.language)
        return await _page(visit, "grounds", held, 422, errors=told, refusal=message)
    if request.check_only:
        return await _page(visit, "check", held)
    return visit.redirect(f"/cases/{answer.case.case_id}?lodged=yes")


async def _page(
    visit: Visit, name: str, held: HeldFiles, status: int = 200, **values: Any
) -> Response:
    request = pb.GetCaseRequest(case_id=visit.path("case_id"))
    answer = await ask(visit.services.objection.GetCase(request))
    kept = await contested(visit, answer.case)
    records = [one.record for one in kept]
    return visit.page(
        f"reconsiderations/{name}.html",
        status=status,
        case=answer.case,
        records=records,
        review=review_of(visit, answer, records, await bureau_names(visit), await today(visit)),
        evidence=visit.lines("evidence"),
        held=held,
        form=visit.form,
        **values,
    )

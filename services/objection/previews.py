"""Previews of letters: an act is rehearsed, and the letter written that would follow it."""

from __future__ import annotations

from typing import TypeVar

from google.protobuf.message import Message

from law.errors import Fault, InvalidInput, NotPermitted
from law.objection import CaseKind, Outcome
from plumbing import validation
from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.identity import current_caller
from protos.objection.v1 import desk_pb2 as pb
from protos.objection.v1 import objection_pb2 as objection
from protos.objection.v1 import repair_pb2 as repair
from services.objection import queries
from services.objection.case_letters import letter_of
from services.objection.clients import Clients
from services.objection.policy import POLICY, REPAIRS
from services.objection.rehearsal import Rehearsal
from services.objection.repairs.servicer import RepairServicer
from services.objection.servicer import ObjectionServicer

_OF_REPAIR = {Outcome.CONFIRM_REPAIR.value: True, Outcome.DECLINE_REPAIR.value: False}
DECIDE, DECLINE = "decide", "decline"
Asked = TypeVar("Asked", bound=Message)


async def preview(
    changes: Changes, clients: Clients, request: pb.PreviewLetterRequest
) -> pb.PreviewLetterResponse:
    """Returns the letter that an act would send; nothing of the act stays.

    Raises what the act itself would raise, and InvalidInput for an outcome that the kind of the
    case does not have.
    """
    async with changes.database.snapshot() as session:
        case = await queries.find_case(session, request.case_id)
    rehearsal = Rehearsal(changes, case.case_id)
    if case.kind is CaseKind.REPAIR:
        await _act_in_repair(RepairServicer(rehearsal, clients), case.case_id, request)
    else:
        await _act_in_objection(ObjectionServicer(rehearsal, clients), case.case_id, request)
    letter = rehearsal.letter or await letter_of(changes, clients, rehearsal.case_after)
    return pb.PreviewLetterResponse(title=letter.title, body=letter.body, template=letter.template)


async def _act_in_objection(
    servicer: ObjectionServicer, case_id: str, asked: pb.PreviewLetterRequest
) -> None:
    which = {"request_id": new_request_id(), "case_id": case_id}
    if asked.act == DECIDE:
        if not asked.outcome or asked.outcome in _OF_REPAIR:
            raise _wrong_outcome()
        decision = objection.DecideObjectionRequest(
            **which,
            outcome=asked.outcome,
            reasons=asked.reasons,
            corrections=asked.corrections,
            items=asked.items,
        )
        await servicer.DecideObjection(_valid(decision), None)
    elif asked.act == DECLINE:
        declined = objection.DeclineObjectionRequest(**which, reasons=asked.reasons)
        await servicer.DeclineObjection(_valid(declined), None)
    else:
        supplement = objection.AskSupplementRequest(**which, missing=asked.reasons)
        await servicer.AskSupplement(_valid(supplement), None)


async def _act_in_repair(
    servicer: RepairServicer, case_id: str, asked: pb.PreviewLetterRequest
) -> None:
    if not POLICY[f"/{REPAIRS}/DecideRepair"].admits(current_caller()):
        raise NotPermitted("您的角色无权办理信用修复", "Your role may not handle repairs")
    which = {"request_id": new_request_id(), "case_id": case_id}
    if asked.act == DECIDE:
        if asked.outcome not in _OF_REPAIR:
            raise _wrong_outcome()
        confirm = _OF_REPAIR[asked.outcome]
        decision = repair.DecideRepairRequest(**which, confirm=confirm, reasons=asked.reasons)
        await servicer.DecideRepair(_valid(decision), None)
    elif asked.act == DECLINE:
        declined = repair.DeclineRepairRequest(**which, reasons=asked.reasons)
        await servicer.DeclineRepair(_valid(declined), None)
    else:
        supplement = repair.RequestSupplementRequest(**which, missing=asked.reasons)
        await servicer.RequestSupplement(_valid(supplement), None)


def _valid(request: Asked) -> Asked:
    """The request of an act, which must keep its own rules; raises InvalidInput."""
    validation.check(request)
    return request


def _wrong_outcome() -> InvalidInput:
    zh, en = "这一类案件没有这种处理结果", "Cases of this kind have no such outcome"
    return InvalidInput(faults=[Fault("outcome", zh, en)])

"""Lodging of reconsiderations: once for each result of an objection (S3 27)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlmodel import col, select

from law.errors import WrongState
from law.objection import OBJECTION_CITE, STATE_ZH, CaseKind, CaseState, may_reconsider
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.decided_matters import as_lodged
from services.objection.evidence.commands import attach
from services.objection.lodging import NO_LONGER_HELD, open_case, refuse_second_case
from services.objection.numbers import next_number
from services.objection.steps import own_case, record_step, required_text
from services.objection.tables import Case

KIND = CaseKind.RECONSIDERATION


async def lodge(
    change: Change,
    request: pb.LodgeReconsiderationRequest,
    *,
    records: Sequence[Record],
    bureau: str,
) -> pb.LodgeReconsiderationResponse:
    """Lodges the reconsideration of an objection that was decided or declined.

    `records` are those of the objection that the register still has, in their present state;
    `bureau` reconsiders. The texts set no day until which it must be lodged. Raises WrongState
    while the objection has no result or its result is being carried out, if none of its records is
    on file, and, with the number of that case, if it was reconsidered before. A reconsideration
    that was withdrawn does not count, however often: the texts have no rule about it. After one the
    records are contested once the bureau has accepted the next.
    """
    number = await next_number(change, KIND, bureau)
    objection = await own_case(change, request.case_id, CaseKind.OBJECTION, KIND)
    _require_result(objection)
    await _refuse_second(change, objection)
    held = [record for record in records if record.status not in NO_LONGER_HELD]
    _require_records(objection, held)
    case = Case(
        case_id=str(uuid.uuid4()),
        kind=KIND,
        number=number,
        follows=objection.case_id,
        subject_id=objection.subject_id,
        sector=objection.sector,
        bureau=bureau,
        record_ids=[record.record_id for record in held],
        records_as_lodged=as_lodged(held),
        state=CaseState.LODGED,
        version=1,
        grounds=required_text("grounds", request.grounds, OBJECTION_CITE),
        evidence=list(request.evidence),
        lodged_by=change.on_behalf_of,
        lodged_at=change.at,
        marks_on_acceptance=await _was_withdrawn(change, objection),
    )
    await refuse_second_case(change, KIND, case.record_ids)
    open_case(change, case)
    message = await record_step(
        change,
        case,
        "lodge",
        lambda message: events.ReconsiderationLodged(case=message),
        cite=OBJECTION_CITE,
        note=objection.number,
    )
    await attach(change, case, request.evidence_ids)
    return pb.LodgeReconsiderationResponse(case=message)


def _require_result(objection: Case) -> None:
    number, state = objection.number, objection.state
    if objection.kind is KIND:
        raise _refused(objection, f"{number}是复核案件，对复核决定不再复核", "is a reconsideration")
    if not may_reconsider(state):
        zh = f"{number}“{STATE_ZH[state]}”，没有可以复核的处理结果"
        raise _refused(objection, zh, f"is {state}: there is no result to reconsider")
    if objection.settled_at is None:
        zh = f"{number}的处理结果正在执行，执行完毕后即可申请复核"
        raise _refused(objection, zh, "is still being carried out; then it can be reconsidered")


async def _refuse_second(change: Change, objection: Case) -> None:
    earlier = select(Case).where(
        Case.follows == objection.case_id, Case.state != CaseState.WITHDRAWN
    )
    case = (await change.session.exec(earlier.order_by(col(Case.lodged_at)))).first()
    if case is not None:
        zh = f"{objection.number}的处理结果由{case.number}复核，同一处理结果只复核一次"
        raise _refused(case, zh, f"reconsiders {objection.number} already, and only once")


async def _was_withdrawn(change: Change, objection: Case) -> bool:
    earlier = select(Case.case_id).where(Case.follows == objection.case_id)
    return (await change.session.exec(earlier.limit(1))).first() is not None


def _require_records(objection: Case, held: Sequence[Record]) -> None:
    if not held:
        zh = f"{objection.number}所涉记录已不在档，没有可以复核的内容"
        raise _refused(objection, zh, "concerns no record that is still on file")


def _refused(case: Case, zh: str, en: str) -> WrongState:
    message_en = f"{case.number} {en}"
    return WrongState(zh, message_en, cite=OBJECTION_CITE, case=case.case_id, number=case.number)

"""Lodging of reconsiderations: once for each result of an objection (S3 27)."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from law.contested import OF_RECORDS
from law.errors import NotPermitted, WrongState
from law.objection import OBJECTION_CITE, STATE_ZH, CaseKind, CaseState, may_reconsider
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.contested.items import Item, anew, items_of, record_ids, stored
from services.objection.contested.wanted import Entry
from services.objection.decided_matters import as_lodged
from services.objection.evidence.commands import attach
from services.objection.lodging import NO_LONGER_HELD, open_case, refuse_second_case
from services.objection.mandates import agent_of, agent_to_follow, is_agent, require_party
from services.objection.numbers import next_number
from services.objection.steps import own_case, record_step, required_text
from services.objection.tables import Case
from services.objection.wire import shown_to

KIND = CaseKind.RECONSIDERATION


async def lodge(
    change: Change,
    request: pb.LodgeReconsiderationRequest,
    *,
    records: Sequence[Record],
    bureau: str,
    entries: Sequence[Entry] = (),
) -> pb.LodgeReconsiderationResponse:
    """Lodges the reconsideration of an objection that was decided or declined.

    `records` and `entries` are those of the objection that the register still has, as they are now;
    `bureau` reconsiders. The agent of the objection goes on being one. The texts set no day until
    which it must be lodged. Raises WrongState while the objection has no result or its result is
    being carried out, if nothing that it contests is on file, and, with the number of that case, if
    it was reconsidered before. A reconsideration that was withdrawn does not count, however often:
    the texts have no rule about it. After one the records are contested once the bureau has
    accepted the next.
    """
    number = await next_number(change, KIND, bureau)
    objection = await own_case(change, request.case_id, CaseKind.OBJECTION, KIND)
    _require_result(objection)
    require_party(change.caller, objection, change.today)
    _require_scope(change, objection)
    by_agent = _is_by_agent(change, objection)
    await _refuse_second(change, objection)
    held = [record for record in records if record.status not in NO_LONGER_HELD]
    items = [item for item in anew(items_of(objection)) if _is_held(item, held, entries)]
    _require_items(objection, items)
    case = Case(
        case_id=str(uuid.uuid4()),
        kind=KIND,
        number=number,
        follows=objection.case_id,
        subject_id=objection.subject_id,
        sector=objection.sector,
        bureau=bureau,
        record_ids=record_ids(items),
        records_as_lodged=as_lodged(held),
        items=stored([_as_now(item, entries) for item in items]),
        contested_grade=objection.contested_grade,
        state=CaseState.LODGED,
        version=1,
        grounds=required_text("grounds", request.grounds, OBJECTION_CITE),
        evidence=list(request.evidence),
        lodged_by=change.on_behalf_of,
        lodged_at=change.at,
        marks_on_acceptance=await _was_withdrawn(change, objection) or by_agent,
        **_agent(objection, by_agent=by_agent),
    )
    await refuse_second_case(change, KIND, [item.key for item in items])
    open_case(change, case)
    message = await _record(change, case, objection)
    await attach(change, case, request.evidence_ids, held_for=case.agent_subject_id)
    return pb.LodgeReconsiderationResponse(
        case=shown_to(change.caller, case, message, change.today)
    )


async def _record(change: Change, case: Case, objection: Case) -> pb.Case:
    return await record_step(
        change,
        case,
        "lodge",
        lambda message: events.ReconsiderationLodged(case=message),
        cite=OBJECTION_CITE,
        note=objection.number,
    )


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


def _require_scope(change: Change, objection: Case) -> None:
    """Raises NotPermitted for an agent whose mandate covers only the objection."""
    agent = agent_of(objection)
    if agent and _is_by_agent(change, objection) and KIND not in agent.scope:
        zh, en = "委托事项不包括复核", "The mandate does not cover the reconsideration"
        raise NotPermitted(zh, en, cite=OBJECTION_CITE)


def _is_by_agent(change: Change, objection: Case) -> bool:
    return is_agent(change.caller, objection, change.today)


def _agent(objection: Case, *, by_agent: bool) -> dict[str, Any]:
    """The columns of a reconsideration that the agent of the objection lodges."""
    if not by_agent:
        return {}
    return {
        "agent": {**(agent_to_follow(objection) or {}), "checked_by": "", "checked_on": None},
        "agent_subject_id": objection.agent_subject_id,
        "agent_until": objection.agent_until,
    }


def _is_held(item: Item, held: Sequence[Record], entries: Sequence[Entry]) -> bool:
    """Whether the register still has an item of the objection."""
    found = {record.record_id for record in held} | {entry.item.name for entry in entries}
    return (item.id if item.target in OF_RECORDS else item.name) in found


def _as_now(item: Item, entries: Sequence[Entry]) -> Item:
    return next((entry.item for entry in entries if entry.item.name == item.name), item)


def _require_items(objection: Case, items: Sequence[Item]) -> None:
    if not items:
        zh = f"{objection.number}所涉记录已不在档，没有可以复核的内容"
        raise _refused(objection, zh, "concerns no record that is still on file")


def _refused(case: Case, zh: str, en: str) -> WrongState:
    message_en = f"{case.number} {en}"
    return WrongState(zh, message_en, cite=OBJECTION_CITE, case=case.case_id, number=case.number)

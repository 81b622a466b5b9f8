"""Lodging of objections, and the rule of one open case per record, for all kinds of cases."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select

from law.contested import OF_RECORDS
from law.errors import Fault, InvalidInput, WrongState
from law.objection import (
    OBJECTION_CITE,
    REPAIR_CITE,
    CaseKind,
    CaseState,
    competent_bureau,
)
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.contested.grades import GradeContest
from services.objection.contested.items import Item, items_of, record_ids, stored
from services.objection.contested.wanted import Entry, repeated, wanted
from services.objection.decided_matters import as_lodged, refuse_decided_matter, was_withdrawn
from services.objection.evidence.commands import attach
from services.objection.mandates import Agent, agent_from
from services.objection.numbers import next_number
from services.objection.schedule import accept_by
from services.objection.steps import record_step
from services.objection.tables import OPEN, Case
from services.objection.wire import shown_to

_CITE = {
    CaseKind.OBJECTION: OBJECTION_CITE,
    CaseKind.RECONSIDERATION: OBJECTION_CITE,
    CaseKind.REPAIR: REPAIR_CITE,
}
NO_LONGER_HELD = ("withdrawn", "expired")


async def lodge(
    change: Change,
    request: pb.LodgeObjectionRequest,
    *,
    subject_id: str,
    sector: str,
    records: Sequence[Record],
    entries: Sequence[Entry] = (),
    grade: GradeContest | None = None,
) -> pb.LodgeObjectionResponse:
    """Lodges an objection to `records` and `entries`, given as they are in the register (S3 27).

    `subject_id` is the whole id of the subject as it is known now, and `sector` is its sector;
    `grade` is the contested grade that rests on the records. The records are contested at once; if
    an agent lodges, or the subject withdrew an objection to their present content before, they are
    once the bureau has accepted this one.

    Raises InvalidInput for missing grounds, and for what is of another subject, of several bureaus
    or no longer on file. Raises WrongState, with the number of the case, if something is contested
    by an open case already, or if an objection to what it says now has a result, which only a
    reconsideration changes.
    """
    request = _about(request, subject_id)
    agent = agent_from(change.caller, request, change.today)
    items = _items(request, records, entries)
    bureau = _competent_bureau(request, records, entries, items)
    number = await next_number(change, CaseKind.OBJECTION, bureau)
    await _refuse_taken(change, request, records, items)
    withdrawn = await was_withdrawn(change.session, request.subject_id, records, items)
    case = Case(
        case_id=str(uuid.uuid4()),
        kind=CaseKind.OBJECTION,
        number=number,
        subject_id=request.subject_id,
        sector=sector,
        bureau=bureau,
        record_ids=record_ids(items),
        records_as_lodged=as_lodged(records),
        items=stored(items),
        contested_grade=grade.model_dump() if grade else None,
        state=CaseState.LODGED,
        version=1,
        grounds=request.grounds.strip(),
        evidence=list(request.evidence),
        lodged_by=change.on_behalf_of,
        lodged_at=change.at,
        marks_on_acceptance=withdrawn or agent is not None,
        **_agent(agent),
    )
    open_case(change, case)
    message = await _record(change, case, agent)
    held = [agent.mandate_id, *request.evidence_ids] if agent else request.evidence_ids
    await attach(change, case, held, held_for=agent.subject_id if agent else "")
    return pb.LodgeObjectionResponse(case=shown_to(change.caller, case, message, change.today))


async def _record(change: Change, case: Case, agent: Agent | None) -> pb.Case:
    return await record_step(
        change,
        case,
        "lodge",
        lambda message: events.ObjectionLodged(case=message),
        cite=OBJECTION_CITE,
        note=agent.spelled if agent else "",
    )


async def _refuse_taken(
    change: Change,
    request: pb.LodgeObjectionRequest,
    records: Sequence[Record],
    items: Sequence[Item],
) -> None:
    """Raises WrongState for what is contested already or was decided about.

    An agent, whose mandate nobody has checked yet, is not told by which case.
    """
    try:
        await refuse_second_case(change, CaseKind.OBJECTION, [item.key for item in items])
        await refuse_decided_matter(change.session, request.subject_id, records, items)
    except WrongState:
        if not request.HasField("mandate"):
            raise
        zh = "所异议的事项已在办理，或者已有处理结果，请向申请人了解"
        en = "What you object to is in a case already, or has a result; ask the firm"
        raise WrongState(zh, en, cite=OBJECTION_CITE) from None


def _about(request: pb.LodgeObjectionRequest, subject_id: str) -> pb.LodgeObjectionRequest:
    whole = pb.LodgeObjectionRequest()
    whole.CopyFrom(request)
    whole.subject_id = subject_id
    return whole


def _items(
    request: pb.LodgeObjectionRequest, records: Sequence[Record], entries: Sequence[Entry]
) -> list[Item]:
    """What is contested, by whole ids; the entries with what they say."""
    named = [item for item in wanted(request).items if item.target in OF_RECORDS]
    of_records = [
        item.model_copy(update={"id": record.record_id})
        for item, record in zip(named, records, strict=True)
    ]
    return [*of_records, *(entry.item for entry in entries)]


def _agent(agent: Agent | None) -> dict[str, Any]:
    """The columns of a case that an agent lodges."""
    if agent is None:
        return {}
    return {
        "agent": agent.model_dump(mode="json"),
        "agent_subject_id": agent.subject_id,
        "agent_until": agent.until,
    }


async def refuse_second_case(change: Change, kind: CaseKind, keys: Sequence[str]) -> None:
    """Raises WrongState, with the case number, if an item has an open case of that kind.

    `keys` are those of the items; of a record it is its id.
    """
    open_records = OPEN[kind]
    query = (
        select(Case.number, Case.case_id, open_records.record_id)
        .join(open_records, col(open_records.case_id) == col(Case.case_id))
        .where(col(open_records.record_id).in_(keys))
        .order_by(col(Case.number))
    )
    row = (await change.session.exec(query)).first()
    if row is not None:
        number, case_id, record_id = row
        what = "" if "/" in record_id else "记录"
        raise WrongState(
            f"{what}{record_id}已在{number}案中办理",
            f"Record {record_id} already belongs to case {number}",
            cite=_CITE[kind],
            case=case_id,
            number=number,
        )


def open_case(change: Change, case: Case) -> None:
    """Adds a new case to the database and marks what it contests as having an open case."""
    case.accept_by = accept_by(case)
    change.session.add(case)
    keys = [item.key for item in items_of(case)] or case.record_ids
    change.session.add_all(OPEN[case.kind](record_id=key, case_id=case.case_id) for key in keys)


def _competent_bureau(
    request: pb.LodgeObjectionRequest,
    records: Sequence[Record],
    entries: Sequence[Entry],
    items: Sequence[Item],
) -> str:
    faults = [*repeated(items)]  # under two beginnings of its id
    faults += [fault for record in records for fault in _faults(request, record)]
    faults += [_not_own(entry) for entry in entries if entry.subject_id != request.subject_id]
    if not request.grounds.strip():
        faults.append(Fault("grounds", "须写明异议理由", "Grounds are required"))
    bureaus = sorted({*(one.bureau for one in records), *(one.bureau for one in entries)})
    if len(bureaus) > 1:
        zh, en = "不同机关录入的记录须分别提出异议", "Records of several bureaus need several cases"
        faults.append(Fault("record_ids", zh, en, cite=OBJECTION_CITE))
    if faults:
        raise InvalidInput(faults=faults, cite=OBJECTION_CITE)
    return competent_bureau(CaseKind.OBJECTION, bureaus[0], bureaus[0])


def _not_own(entry: Entry) -> Fault:
    zh, en = "不是该主体的登记信息", "is not an entry of this subject"
    return Fault("against", f"{entry.item.name}{zh}", f"{entry.item.name} {en}")


def _faults(request: pb.LodgeObjectionRequest, record: Record) -> list[Fault]:
    if record.subject_id != request.subject_id:
        zh, en = "不是该主体的记录", "is not a record of this subject"
    elif record.status in NO_LONGER_HELD:
        zh, en = "已不在档，无可异议", "is no longer on file"
    else:
        return []
    return [Fault("record_ids", f"{record.record_id}{zh}", f"{record.record_id} {en}")]

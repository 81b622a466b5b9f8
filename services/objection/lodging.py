"""Lodging of objections, and the rule of one open case per record, for all kinds of cases."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlmodel import col, select

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
from services.objection.decided_matters import as_lodged, refuse_decided_matter, was_withdrawn
from services.objection.evidence.commands import attach
from services.objection.numbers import next_number
from services.objection.schedule import accept_by
from services.objection.steps import record_step
from services.objection.tables import OPEN, Case

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
    records: Sequence[Record],
    sector: str,
) -> pb.LodgeObjectionResponse:
    """Lodges an objection to `records`, given in their present state in the register (S3 27).

    `sector` is that of the subject. The records are contested at once; if the subject withdrew an
    objection to their present content before, they are once the bureau has accepted this one.

    Raises InvalidInput for missing grounds, and for records of another subject, of several bureaus
    or no longer on file. Raises WrongState, with the number of the case, if a record already has an
    open case, or if an objection to its present content has a result, which only a reconsideration
    changes.
    """
    bureau = _competent_bureau(request, records)
    number = await next_number(change, CaseKind.OBJECTION, bureau)
    await refuse_second_case(change, CaseKind.OBJECTION, request.record_ids)
    await refuse_decided_matter(change.session, request.subject_id, records)
    case = Case(
        case_id=str(uuid.uuid4()),
        kind=CaseKind.OBJECTION,
        number=number,
        subject_id=request.subject_id,
        sector=sector,
        bureau=bureau,
        record_ids=list(request.record_ids),
        records_as_lodged=as_lodged(records),
        state=CaseState.LODGED,
        version=1,
        grounds=request.grounds.strip(),
        evidence=list(request.evidence),
        lodged_by=change.on_behalf_of,
        lodged_at=change.at,
        marks_on_acceptance=await was_withdrawn(change.session, request.subject_id, records),
    )
    open_case(change, case)
    message = await record_step(
        change,
        case,
        "lodge",
        lambda message: events.ObjectionLodged(case=message),
        cite=OBJECTION_CITE,
    )
    await attach(change, case, request.evidence_ids)
    return pb.LodgeObjectionResponse(case=message)


async def refuse_second_case(change: Change, kind: CaseKind, record_ids: Sequence[str]) -> None:
    """Raises WrongState, with the case number, if a record has an open case of that kind."""
    open_records = OPEN[kind]
    query = (
        select(Case.number, Case.case_id, open_records.record_id)
        .join(open_records, col(open_records.case_id) == col(Case.case_id))
        .where(col(open_records.record_id).in_(record_ids))
        .order_by(col(Case.number))
    )
    row = (await change.session.exec(query)).first()
    if row is not None:
        number, case_id, record_id = row
        raise WrongState(
            f"记录{record_id}已在{number}案中办理",
            f"Record {record_id} already belongs to case {number}",
            cite=_CITE[kind],
            case=case_id,
            number=number,
        )


def open_case(change: Change, case: Case) -> None:
    """Adds a new case to the database and marks its records as having an open case."""
    case.accept_by = accept_by(case)
    change.session.add(case)
    change.session.add_all(
        OPEN[case.kind](record_id=record_id, case_id=case.case_id) for record_id in case.record_ids
    )


def _competent_bureau(request: pb.LodgeObjectionRequest, records: Sequence[Record]) -> str:
    faults = [fault for record in records for fault in _faults(request, record)]
    if not request.grounds.strip():
        faults.append(Fault("grounds", "须写明异议理由", "Grounds are required"))
    bureaus = sorted({record.bureau for record in records})
    if len(bureaus) > 1:
        zh, en = "不同机关录入的记录须分别提出异议", "Records of several bureaus need several cases"
        faults.append(Fault("record_ids", zh, en, cite=OBJECTION_CITE))
    if faults:
        raise InvalidInput(faults=faults, cite=OBJECTION_CITE)
    return competent_bureau(CaseKind.OBJECTION, bureaus[0], bureaus[0])


def _faults(request: pb.LodgeObjectionRequest, record: Record) -> list[Fault]:
    if record.subject_id != request.subject_id:
        zh, en = "不是该主体的记录", "is not a record of this subject"
    elif record.status in NO_LONGER_HELD:
        zh, en = "已不在档，无可异议", "is no longer on file"
    else:
        return []
    return [Fault("record_ids", f"{record.record_id}{zh}", f"{record.record_id} {en}")]

"""Lodging an objection: whose records, which bureau, no second case, and the number of the case."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import Fault, InvalidInput, WrongState
from law.objection import OBJECTION_CITE, CaseKind, CaseState, competent_bureau
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.steps import put_on_file
from services.objection.tables import ObjectionCase, OpenRecord

_GONE = ("withdrawn", "expired")
_NEXT_NUMBER = sa.text(
    "INSERT INTO case_number (bureau, year, last) VALUES (:bureau, :year, 1)"
    " ON CONFLICT (bureau, year) DO UPDATE SET last = case_number.last + 1 RETURNING last"
)


async def lodge(
    change: Change, request: pb.LodgeObjectionRequest, *, records: Sequence[Record]
) -> pb.LodgeObjectionResponse:
    """Lodges an objection to `records`, as the register holds them (S3 27, R-111).

    Raises NotPermitted for another's subject, InvalidInput for records that are not the
    subject's, WrongState naming the open case of a record.
    """
    bureau = _bureau_of(request, records)
    # First the number: its row makes the bureau's lodgings wait for one another, so that of two
    # objections to one record the second sees the first.
    number = await _next_number(change, bureau)
    await _refuse_second_case(change, request)
    case = ObjectionCase(
        case_id=str(uuid.uuid4()),
        number=number,
        subject_id=request.subject_id,
        bureau=bureau,
        record_ids=list(request.record_ids),
        records_as_lodged=[_as_lodged(record) for record in records],
        state=CaseState.LODGED,
        version=1,
        grounds=request.grounds.strip(),
        evidence=list(request.evidence),
        lodged_by=change.on_behalf_of,
        lodged_at=change.at,
    )
    change.session.add(case)
    change.session.add_all(OpenRecord(record_id=r, case_id=case.case_id) for r in case.record_ids)
    said = await put_on_file(
        change, case, "lodge", lambda c: events.ObjectionLodged(case=c), cite=OBJECTION_CITE
    )
    return pb.LodgeObjectionResponse(case=said)


def _as_lodged(record: Record) -> dict[str, str]:
    names = ("record_id", "kind", "summary", "source_ref", "determined_on")
    return {name: getattr(record, name) for name in names}


def _bureau_of(request: pb.LodgeObjectionRequest, records: Sequence[Record]) -> str:
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
    elif record.status in _GONE:
        zh, en = "已不在档，无可异议", "is on file no longer"
    else:
        return []
    return [Fault("record_ids", f"{record.record_id}{zh}", f"{record.record_id} {en}")]


async def _refuse_second_case(change: Change, request: pb.LodgeObjectionRequest) -> None:
    wanted = (
        select(ObjectionCase.number, ObjectionCase.case_id, OpenRecord.record_id)
        .join(OpenRecord, col(OpenRecord.case_id) == col(ObjectionCase.case_id))
        .where(col(OpenRecord.record_id).in_(request.record_ids))
        .order_by(col(ObjectionCase.number))
    )
    found = (await change.session.exec(wanted)).first()
    if found is not None:
        number, case_id, record_id = found
        raise WrongState(
            f"记录{record_id}已在{number}案中办理",
            f"Record {record_id} is under objection in case {number}",
            cite=OBJECTION_CITE,
            case=case_id,
            number=number,
        )


async def _next_number(change: Change, bureau: str) -> str:
    connection = await change.session.connection()
    place = {"bureau": bureau, "year": change.today.year}
    last = int((await connection.execute(_NEXT_NUMBER, place)).scalar_one())
    return f"异议〔{change.today.year}〕{bureau}-{last:04d}号"

"""Lodging an objection: whose records, and which bureau."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from law.errors import Fault, InvalidInput
from law.objection import OBJECTION_CITE, CaseKind, CaseState, competent_bureau
from plumbing.change import Change
from protos.objection.v1 import events_pb2 as events
from protos.objection.v1 import objection_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection import numbering
from services.objection.steps import put_on_file
from services.objection.tables import Case

_GONE = ("withdrawn", "expired")


async def lodge(
    change: Change, request: pb.LodgeObjectionRequest, *, records: Sequence[Record]
) -> pb.LodgeObjectionResponse:
    """Lodges an objection to `records`, as the register holds them (S3 27, R-111).

    Raises NotPermitted for another's subject, InvalidInput for records that are not the
    subject's, WrongState naming the open case of a record.
    """
    bureau = _bureau_of(request, records)
    number = await numbering.next_number(change, CaseKind.OBJECTION, bureau)
    await numbering.refuse_second_case(change, CaseKind.OBJECTION, request.record_ids)
    case = Case(
        case_id=str(uuid.uuid4()),
        kind=CaseKind.OBJECTION,
        number=number,
        subject_id=request.subject_id,
        bureau=bureau,
        record_ids=list(request.record_ids),
        records_as_lodged=numbering.as_lodged(records),
        state=CaseState.LODGED,
        version=1,
        grounds=request.grounds.strip(),
        evidence=list(request.evidence),
        lodged_by=change.on_behalf_of,
        lodged_at=change.at,
    )
    numbering.open_case(change, case)
    said = await put_on_file(
        change, case, "lodge", lambda c: events.ObjectionLodged(case=c), cite=OBJECTION_CITE
    )
    return pb.LodgeObjectionResponse(case=said)


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

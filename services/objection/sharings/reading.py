"""Reads from the registry what a sharing is about, before it is entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from law.disclosure.data import Audience, Classification, Field
from law.disclosure.rule import visible
from law.errors import Fault, InvalidInput
from law.evidence import RecordKind, RecordStatus, SubjectKind
from plumbing.identity import Caller
from protos.objection.v1 import sharings_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.clients import Clients
from services.objection.letters import Office
from services.objection.sharings.commands import Shared
from services.objection.sharings.texts import SHARING_CITE, shared_records
from services.objection.sharings.ways import Way


async def to_share(
    clients: Clients, request: pb.RecordSharingRequest, caller: Caller, today: date
) -> Shared:
    """Returns what the registry says of the records of a request.

    Raises InvalidInput for records that do not exist or are of several subjects. Of what the
    platform itself is to send it raises InvalidInput for records and a grade that may not be shared
    (S1 18, 19), and NotPermitted outside the caller's scope.
    """
    behalf = caller.account_id
    records = await clients.records(list(request.record_ids), behalf)
    owners = {record.subject_id for record in records}
    if len(owners) != 1:
        zh, en = "一次只能登记一个主体的记录", "must be of one subject"
        raise InvalidInput(faults=[Fault("record_ids", zh, en)])
    for record in records:
        caller.require_bureau(record.bureau)
    subject = await clients.subject(owners.pop(), behalf)
    bureaus = await clients.bureaus()
    offices = {
        code: Office(one.name, one.department, one.phone, one.email)
        for code, one in bureaus.items()
    }
    bureau = records[0].bureau
    letter = "", ""
    if request.way == Way.PLATFORM:
        kind = SubjectKind(subject.kind)
        await _require_open(clients, records, kind, behalf, today, graded=request.with_grade)
        grade = await clients.grade(subject.subject_id, behalf) if request.with_grade else None
        about = (records, grade, offices[bureau], request.purpose.strip())
        letter = shared_records(request.receiver.strip(), subject.name, *about)
    return Shared(
        subject_id=subject.subject_id,
        subject=subject.name,
        bureau=bureau,
        record_ids=[record.record_id for record in records],
        letter=letter,
        offices=offices,
    )


async def _require_open(
    clients: Clients,
    records: Sequence[Record],
    kind: SubjectKind,
    behalf: str,
    today: date,
    *,
    graded: bool,
) -> None:
    """Refuses each record that the platform must not send, and the grade."""
    found = [await _fault_of(clients, record, kind, behalf, today) for record in records]
    faults = [fault for fault in found if fault is not None]
    grade = visible(Field.GRADE, kind, Audience.SHARING, today)
    if graded and not grade.allowed:
        zh, en = "这类主体的信用等级不共享", "the grade of such a subject is not shared"
        faults.append(Fault("with_grade", zh, en, cite=grade.cite))
    if faults:
        raise InvalidInput(faults=faults, cite=SHARING_CITE)


async def _fault_of(
    clients: Clients, record: Record, kind: SubjectKind, behalf: str, today: date
) -> Fault | None:
    """Why the platform must not send a record; None if it may.

    What is over is not looked up any further: the register may show it to nobody.
    """
    named, positive = record.source_ref, RecordKind(record.kind).positive
    if record.status != RecordStatus.ACTIVE:
        return _fault(f"{named}已不再有效", f"{named} is no longer in force", SHARING_CITE)
    if record.disclosure_stopped:
        return _fault(f"{named}已终止披露", f"{named} is no longer disclosed", "S4 五(三)")
    if not positive and not record.verified:
        return _fault(f"{named}尚未核实", f"{named} is not verified yet", "S1 19")
    retention = await clients.retention(record.record_id, behalf)
    if retention.disclosed_until < today.isoformat():
        zh, en = f"{named}的披露期已届满", f"the disclosure of {named} is over"
        return _fault(zh, en, retention.disclosure_cite)
    field = Field.POSITIVE_RECORD if positive else Field.ADVERSE_RECORD
    review = await clients.publication(record.record_id, behalf)
    classification = Classification(review.classification)
    answer = visible(field, kind, Audience.SHARING, today, classification=classification)
    if answer.allowed:
        return None
    zh = f"{named}经保密审查不能共享"
    return _fault(zh, f"{named} may not be shared, as its review found", answer.cite)


def _fault(zh: str, en: str, cite: str) -> Fault:
    return Fault("record_ids", zh, en, cite=cite)

"""Reads from the registry what a sharing is about, before it is entered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from law.disclosure.data import Classification
from law.disclosure.publication import may_read
from law.disclosure.rule import Audience
from law.errors import Fault, InvalidInput
from plumbing.identity import Caller
from protos.objection.v1 import sharings_pb2 as pb
from protos.registry.v1.registry_pb2 import Record
from services.objection.clients import Clients
from services.objection.letters import Office
from services.objection.sharings.commands import Shared, Way
from services.objection.sharings.texts import SHARING_CITE, shared_records

_OVER = ("withdrawn", "repaired", "expired")


async def to_share(
    clients: Clients, request: pb.RecordSharingRequest, caller: Caller, today: date
) -> Shared:
    """Returns what the registry says of the records of a request.

    Raises InvalidInput for records that do not exist or are of several subjects. Of what the
    platform itself is to send it raises InvalidInput for records that are no longer in force or
    that may not be shared (S1 18), and NotPermitted outside the caller's scope.
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
        await _require_open(clients, records, behalf, today)
        grade = await clients.grade(subject.subject_id, behalf) if request.with_grade else None
        named = grade.grade if grade else ""
        about = (records, named, offices[bureau], request.purpose.strip())
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
    clients: Clients, records: Sequence[Record], behalf: str, today: date
) -> None:
    """Raises InvalidInput for each record that the platform must not send."""
    faults = []
    for record in records:
        found = await clients.publication(record.record_id, behalf)
        if record.status in _OVER:
            zh, en = f"{record.source_ref}已不再有效", f"{record.source_ref} is no longer in force"
            faults.append(Fault("record_ids", zh, en))
        elif not may_read(Classification(found.classification), Audience.SHARING, today):
            zh = f"{record.source_ref}经保密审查不能共享"
            en = f"{record.source_ref} may not be shared, as its review found"
            faults.append(Fault("record_ids", zh, en, cite="S1 18"))
    if faults:
        raise InvalidInput(faults=faults, cite=SHARING_CITE)

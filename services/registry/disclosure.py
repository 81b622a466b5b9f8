"""What of a subject goes out to whom: the law's disclosure rules, applied to the wire."""

from __future__ import annotations

from datetime import date

from law.disclosure.rule import Audience, Field, may_list_openly, record_visible, visible_fields
from law.evidence import RecordStatus, SubjectKind
from law.texts_in_force.governing import Governing
from plumbing.identity import Caller, Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.retention.expiry import kept, law_record
from services.registry.tables import Record, Subject

LISTED_KINDS = frozenset(kind for kind in SubjectKind if may_list_openly(kind))
# Which rule lets a field out; fields that say only what is listed at all are not held back.
RULED_BY = {
    "name": Field.NAME,
    "credit_code": Field.CREDIT_CODE,
    "person_in_charge": Field.PERSON_IN_CHARGE,
    "address": Field.ADDRESS,
    "email": Field.CONTACT,
}
# The bureau's own notes.
INTERNAL = frozenset({"external_ref", "in_review", "removed"})
# What of a credit record is said openly: the fact and its document, not who told or entered it.
OPEN_OF_RECORD = (
    "record_id", "subject_id", "bureau", "kind", "severity", "occurred_on", "determined_on",
    "status", "verified", "final", "contested", "source_ref", "summary",
)  # fmt: skip


def listed(row: Subject) -> bool:
    """Whether a subject may be seen openly at all (S4 三(五)); a doubtful owner may not."""
    return row.kind in LISTED_KINDS and not row.in_review


def subject(row: Subject, caller: Caller) -> pb.Subject:
    """A subject as the caller may see it."""
    said = wire.subject(row)
    if caller.has(Role.PUBLIC):
        allowed = visible_fields(row.kind, Audience.PUBLIC)
        held_back = {name for name, rule in RULED_BY.items() if rule not in allowed}
        shown = {
            field.name: value
            for field, value in said.ListFields()
            if field.name not in held_back | INTERNAL
        }
        return pb.Subject(**shown)
    return said


def record(
    row: Record, owner: Subject, caller: Caller, now: Governing, on: date
) -> pb.Record | None:
    """A credit record as the caller may see it on a day, None where it is not shown at all.

    What has left the archive is shown to nobody (C-03) but the platform's own services.
    """
    said = wire.record(row)
    if caller.is_service:
        return said
    if row.status is RecordStatus.EXPIRED:
        return None
    if not caller.has(Role.PUBLIC):
        return said
    ruleset_id, periods = kept(row, owner, now, on)
    if periods is None or not _disclosed(ruleset_id, row, owner, on):
        return None
    return pb.Record(**{name: getattr(said, name) for name in OPEN_OF_RECORD})


def _disclosed(ruleset_id: str, row: Record, owner: Subject, on: date) -> bool:
    answer = record_visible(
        ruleset_id,
        law_record(row),
        owner.kind,
        Audience.PUBLIC,
        on,
        stopped=row.disclosure_stopped,
    )
    return answer.allowed


def retention(row: Record, owner: Subject, now: Governing, on: date) -> pb.Retention:
    """How long a record is kept, by the text that governs its archive on a day."""
    ruleset_id, periods = kept(row, owner, now, on)
    if periods is None:
        return pb.Retention()
    return pb.Retention(
        ruleset_id=ruleset_id,
        evidence_until=periods.evidence_until.isoformat(),
        evidence_cite=periods.evidence_cite,
        disclosed_until=periods.disclosed_until.isoformat(),
        disclosure_cite=periods.disclosure_cite,
        removed_on=periods.removed_on.isoformat() if periods.removed_on else "",
        removal_cite=periods.removal_cite,
    )

"""Applies the disclosure rules: which fields of a subject or record a caller may see."""

from __future__ import annotations

from datetime import date

from law.disclosure.data import Classification
from law.disclosure.publication import may_read
from law.disclosure.rule import Audience, Field, may_list_openly, record_visible, visible_fields
from law.evidence import RecordStatus, SubjectKind
from law.texts_in_force.governing import GoverningTexts
from plumbing.identity import Caller, Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.publication.standing import Standing
from services.registry.retention.expiry import kept, law_record
from services.registry.tables import Record, Subject

# The fields of a subject that the public may see, each with the rule of the law that opens it.
# Fields under NAME are open wherever the subject may be listed at all. Any other field is closed.
OPEN_OF_SUBJECT = {
    "subject_id": Field.NAME,
    "kind": Field.NAME,
    "name": Field.NAME,
    "bureau": Field.NAME,
    "sector": Field.NAME,
    "version": Field.NAME,
    "deregistered_on": Field.NAME,
    "credit_code": Field.CREDIT_CODE,
    "person_in_charge": Field.PERSON_IN_CHARGE,
    "address": Field.ADDRESS,
    "email": Field.CONTACT,
}
# The fields of a credit record that the public may see: the fact and its document, not who
# provided or entered it. Any other field is closed. The summary and the number of the document are
# free text: they are shown as they were released.
OPEN_OF_RECORD = (
    "record_id", "subject_id", "bureau", "kind", "severity", "occurred_on", "determined_on",
    "status", "verified", "final", "contested", "source_ref", "summary",
)  # fmt: skip


def listed_kinds(on: date) -> frozenset[SubjectKind]:
    """Returns the kinds of subjects that the public may see on a day (S4 三(五))."""
    return frozenset(kind for kind in SubjectKind if may_list_openly(kind, on))


def listed(row: Subject, on: date) -> bool:
    """Returns whether the public may see a subject on a day; it may never see one in review."""
    return may_list_openly(row.kind, on) and not row.in_review


def subject(row: Subject, caller: Caller, on: date) -> pb.Subject:
    """Converts a subject to a message with only the fields that the caller may see on a day."""
    return public_subject(row, on) if caller.has(Role.PUBLIC) else wire.subject(row)


def public_subject(row: Subject, on: date) -> pb.Subject:
    """Converts a subject to a message with only the fields that the public may see on a day."""
    message = wire.subject(row)
    allowed = visible_fields(row.kind, Audience.PUBLIC, on)
    open_fields = (name for name, rule in OPEN_OF_SUBJECT.items() if rule in allowed)
    return pb.Subject(**{name: getattr(message, name) for name in open_fields})


def record(
    row: Record, owner: Subject, caller: Caller, now: GoverningTexts, stands: Standing, on: date
) -> pb.Record | None:
    """Converts a credit record to a message with only the fields that the caller may see on a day.

    `stands` says what of it was released. Returns None if the caller may not see the record at all.
    A record that has left the archive is shown to the platform's own services only (C-03).
    """
    if row.status is RecordStatus.EXPIRED and not caller.is_service:
        return None
    if caller.has(Role.PUBLIC):
        shown = disclosed(row, owner, now, stands, on)
        return shown.record if shown else None
    return within(row, caller, stands.classification, on)


def within(row: Record, caller: Caller, found: Classification, on: date) -> pb.Record:
    """Converts a record to what a service, somebody of a bureau or the subject may see of it.

    It is without its text where its classification keeps that from them (S1 18).
    """
    message = wire.record(row)
    audience = Audience.SUBJECT if caller.has(Role.OPERATOR) else Audience.OFFICIAL
    if not caller.is_service and not may_read(found, audience, on):
        message.ClearField("summary")
    return message


def disclosed(
    row: Record, owner: Subject, now: GoverningTexts, stands: Standing, on: date, reply: str = ""
) -> pb.DisclosedRecord | None:
    """Converts a record to what the public may see on a day, with the last day of its disclosure.

    The summary and the subject's `reply` are the texts that were released, and the number of the
    document is shown once somebody has reviewed it. Returns None if the
    record is not disclosed on that day.
    """
    ruleset_id, periods = kept(row, owner, now, on)
    if row.status is RecordStatus.EXPIRED or periods is None:
        return None
    if not _is_disclosed(ruleset_id, row, owner, stands, on):
        return None
    message, facts = wire.record(row), public_subject(owner, on)
    message.summary = stands.summary
    if not stands.is_reviewed:
        message.source_ref = ""
    return pb.DisclosedRecord(
        record=pb.Record(**{name: getattr(message, name) for name in OPEN_OF_RECORD}),
        subject_name=facts.name,
        credit_code=facts.credit_code,
        disclosed_until=periods.disclosed_until.isoformat(),
        disclosure_cite=periods.disclosure_cite,
        reply=reply,
    )


def _is_disclosed(ruleset_id: str, row: Record, owner: Subject, stands: Standing, on: date) -> bool:
    answer = record_visible(
        ruleset_id,
        law_record(row),
        owner.kind,
        Audience.PUBLIC,
        on,
        stopped=row.disclosure_stopped,
        classification=stands.on(on),
    )
    return answer.allowed


def retention(row: Record, owner: Subject, now: GoverningTexts, on: date) -> pb.Retention:
    """Returns until which day a record is evidence, is disclosed and is kept in the archive.

    The ruleset that governs the archive decides. The message is empty if no ruleset governs it.
    """
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

"""What of a subject goes out to whom: the law's disclosure rules, applied to the wire."""

from __future__ import annotations

from law.disclosure import Audience, Field, may_list_openly, visible_fields
from law.evidence import SubjectKind
from plumbing.identity import Caller, Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry import wire
from services.registry.tables import Subject

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

"""What things have in common that are perhaps the same: the place at which a likeness is found."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import combinations
from typing import Any

from law.identity import Verdict
from law.identity.instruments import compare_instruments
from law.identity.records import compare_records
from law.identity.subjects import compare_subjects
from law.identity.verifications import compare_verifications
from services.registry.sameness.tables import LikeKind

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Place:
    """What the sides of a likeness have in common; things at one place may be one thing."""

    kind: LikeKind
    key: tuple[str, ...]

    @property
    def id(self) -> str:
        """The id of the likeness, which is the same whenever it is found."""
        text = "\n".join((self.kind, *self.key))
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def of_subject(bureau: str, name_key: str) -> Place:
    """Returns the place of the subjects of a bureau with one name."""
    return Place(LikeKind.SUBJECT, (bureau, name_key))


def of_instrument(subject_id: str, type_code: str, serial_key: str) -> Place:
    """Returns the place of an owner's instruments of a type with one serial number, or none."""
    return Place(LikeKind.INSTRUMENT, (subject_id, type_code, serial_key))


def of_record(subject_id: str, kind: str, occurred_on: date, determined_on: date) -> Place:
    """Returns the place of a subject's records of one kind with the same days."""
    days = occurred_on.isoformat(), determined_on.isoformat()
    return Place(LikeKind.RECORD, (subject_id, str(kind), *days))


def of_this_record(row: Any) -> Place:
    """Returns the place at which a record may tell of the fact of another one."""
    return of_record(row.subject_id, row.kind, row.occurred_on, row.determined_on)


def of_result(instrument_id: str, verified_on: date) -> Place:
    """Returns the place of an instrument's verifications of one day."""
    return Place(LikeKind.RESULT, (instrument_id, verified_on.isoformat()))


def of_things(subject_id: str, instruments: Iterable[Any], records: Iterable[Any]) -> set[Place]:
    """Returns the places of instruments and records at which a subject has them."""
    found = {of_instrument(subject_id, one.type_code, one.serial_key) for one in instruments}
    return found | {
        of_record(subject_id, one.kind, one.occurred_on, one.determined_on) for one in records
    }


def are_alike(kind: LikeKind, rows: Collection[Row]) -> bool:
    """Returns whether the rows at one place are perhaps the same, so that a person has to look.

    Things on file twice that are known to be the same have to be joined by a person too; equal
    results of one day contradict nothing.
    """
    compare, said = _RULES[kind]
    return any(compare(one, other) in said for one, other in combinations(rows, 2))


_DOUBTED = frozenset({Verdict.PERHAPS})
_NOT_TOLD_APART = frozenset({Verdict.PERHAPS, Verdict.SAME})
_RULES = {
    LikeKind.SUBJECT: (compare_subjects, _NOT_TOLD_APART),
    LikeKind.INSTRUMENT: (compare_instruments, _NOT_TOLD_APART),
    LikeKind.RECORD: (compare_records, _NOT_TOLD_APART),
    LikeKind.RESULT: (compare_verifications, _DOUBTED),
}

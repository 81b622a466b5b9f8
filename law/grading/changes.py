"""Grades a dossier as if some of its records had ended, or others had been added (`what_if`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from law.errors import AlreadyExists, NotFound
from law.evidence import Dossier, Record, RecordStatus
from law.grading.engine import grade
from law.grading.receipt import Receipt
from law.texts_in_force.model import Ruleset


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a record by a status: withdrawn, repaired, corrected or expired.

    `record` is the id of the record. `on` is the first day on which the record no longer counts;
    None means that it never counted.
    """

    record: str
    status: RecordStatus
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Addition:
    """The addition of a record to a dossier."""

    record: Record


Change = Ending | Addition


def what_if(dossier: Dossier, ruleset: Ruleset, as_of: date, changes: Sequence[Change]) -> Receipt:
    """Grades a dossier as it would be after some changes.

    The receipt contains the changed dossier. Raises the errors of `changed`.
    """
    return grade(changed(dossier, changes), ruleset, as_of)


def changed(dossier: Dossier, changes: Sequence[Change]) -> Dossier:
    """Returns a copy of the dossier with the changes applied in order.

    Raises NotFound for the end of an unknown record, and AlreadyExists for an added id that is in
    use.
    """
    for change in changes:
        if isinstance(change, Ending):
            dossier = _ended(dossier, change)
        else:
            dossier = _added(dossier, change.record)
    return dossier


def _ended(dossier: Dossier, ending: Ending) -> Dossier:
    if all(record.id != ending.record for record in dossier.records):
        raise NotFound(f"档案中没有记录{ending.record}", f"No record {ending.record} on file.")
    records = tuple(
        replace(record, status=ending.status, status_on=ending.on)
        if record.id == ending.record
        else record
        for record in dossier.records
    )
    return replace(dossier, records=records)


def _added(dossier: Dossier, added: Record) -> Dossier:
    if any(record.id == added.id for record in dossier.records):
        raise AlreadyExists(f"记录{added.id}已在档案中", f"Record {added.id} is on file already.")
    return replace(dossier, records=(*dossier.records, added))

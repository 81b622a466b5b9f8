"""`what_if` grades a dossier as if records had ended or been added."""

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

    `on` is the first day on which it no longer counts; None means it never counted.
    """

    record: str
    status: RecordStatus
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Addition:
    """A record that is added."""

    record: Record


Change = Ending | Addition


def what_if(dossier: Dossier, ruleset: Ruleset, as_of: date, changes: Sequence[Change]) -> Receipt:
    """Grades a dossier as it would be after changes; the receipt carries the changed dossier."""
    return grade(changed(dossier, changes), ruleset, as_of)


def changed(dossier: Dossier, changes: Sequence[Change]) -> Dossier:
    """Returns a dossier after changes, in order. Raises NotFound and AlreadyExists."""
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

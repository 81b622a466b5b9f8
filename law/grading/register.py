"""A whole register in columns: what the second evaluator reads (Polars frames)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from law.evidence import Dossier, Record, RecordKind, RecordStatus, Sector, Severity, SubjectKind

KINDS = pl.Enum([kind.value for kind in RecordKind])
STATUSES = pl.Enum([status.value for status in RecordStatus])
SEVERITIES = pl.Enum([severity.value for severity in Severity])

SUBJECTS = {
    "subject": pl.String(),
    "kind": pl.Enum([kind.value for kind in SubjectKind]),
    "sector": pl.Enum([sector.value for sector in Sector]),
}
RECORDS = {
    "row": pl.UInt32(),  # the place of its subject in `subjects`, from 0
    "kind": KINDS,
    "determined_on": pl.Date(),
    "entered_on": pl.Date(),
    "status": STATUSES,
    "status_on": pl.Date(),
    "severity": SEVERITIES,
    "verified": pl.Boolean(),
    "final": pl.Boolean(),
    "points": pl.Int64(),
}
PREVIOUS = {"row": pl.UInt32(), "year": pl.Int32(), "class": pl.String()}


@dataclass(frozen=True)
class Register:
    """Subjects, their records and the classes given, in the schemas of this module."""

    subjects: pl.DataFrame
    records: pl.DataFrame
    previous: pl.DataFrame


def register_of(dossiers: Iterable[Dossier]) -> Register:
    """Lay out dossiers in columns."""
    subjects, records, previous = [], [], []
    for row, dossier in enumerate(dossiers):
        subjects.append((dossier.subject_id, dossier.subject_kind.value, dossier.sector.value))
        records += [_record(row, record) for record in dossier.records]
        previous += [(row, one.year, one.grade) for one in dossier.previous]
    return Register(
        pl.DataFrame(subjects, schema=SUBJECTS, orient="row"),
        pl.DataFrame(records, schema=RECORDS, orient="row"),
        pl.DataFrame(previous, schema=PREVIOUS, orient="row"),
    )


def _record(row: int, record: Record) -> tuple[object, ...]:
    return (
        row,
        record.kind.value,
        record.determined_on,
        record.entered_on,
        record.status.value,
        record.status_on,
        record.severity.value if record.severity else None,
        record.verified,
        record.final,
        record.points,
    )

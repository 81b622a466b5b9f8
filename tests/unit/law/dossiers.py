"""Helpers for the tests of the outlook: texts, a day, records and dossiers."""

from __future__ import annotations

from datetime import date
from typing import Any

from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.texts_in_force.load import GRADING

DAY = date(2026, 6, 30)
ON = date(2026, 1, 5)
H120, TRIAL, TIANJIN, NATIONAL = GRADING


def entry(kind: str, record_id: str = "r1", on: date = ON, **more: Any) -> Record:
    """A record of a kind that was determined and entered on the same day."""
    return Record(record_id, RecordKind(kind), on, on, **more)


def dossier_of(*records: Record, **more: Any) -> Dossier:
    """A dossier with these records; by default the subject is an optician and an organisation."""
    subject = {"sector": Sector.OPTICAL, "subject_kind": SubjectKind.ORGANISATION} | more
    return Dossier("S1", records=records, bureau="330106", **subject)

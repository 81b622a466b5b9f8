"""What the tests of what lies ahead share: the texts, a day, records and dossiers of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.texts_in_force.load import GRADING

DAY = date(2026, 6, 30)
ON = date(2026, 1, 5)
H120, TRIAL, TIANJIN, NATIONAL = GRADING


def entry(kind: str, record_id: str = "r1", on: date = ON, **more: Any) -> Record:
    """A record of this kind determined and entered on one day."""
    return Record(record_id, RecordKind(kind), on, on, **more)


def dossier_of(*records: Record, **more: Any) -> Dossier:
    """A dossier of these records, by default of an optician that is an organisation."""
    subject = {"sector": Sector.OPTICAL, "subject_kind": SubjectKind.ORGANISATION} | more
    return Dossier("S1", records=records, bureau="330106", **subject)

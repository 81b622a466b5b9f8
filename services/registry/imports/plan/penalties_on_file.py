"""The penalties on file of the subjects of a file, and what was asked about them before."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlmodel import col

from law.evidence import RecordKind
from law.identity import document_key
from services.registry.imports.plan.instruments_and_records import RECORDS
from services.registry.imports.plan.plan import Context, RegisterRow, every_row, fetch
from services.registry.lives.tables import LifeAct, SubjectAct
from services.registry.questions.asking import About, Found, asked_about, asked_before
from services.registry.tables import Record

Key = tuple[str, str]  # a subject, and the number of a decision as it is compared


class PenaltiesOnFile:
    """The penalties of some subjects, by subject and number.

    A record that went to a part of a subject when that was split is found by either: the
    publication goes on to name the one that was penalised.
    """

    def __init__(self, records: Iterable[tuple[str, RegisterRow]], asked: set[About]) -> None:
        self._asked = asked
        self._penalties = {
            (owner, document_key(row["source_ref"])): row
            for owner, row in records
            if row["kind"] is RecordKind.PENALTY
        }

    @classmethod
    async def of(cls, context: Context, subjects: Collection[str]) -> PenaltiesOnFile:
        """Reads them all at once."""
        session = context.session
        own = await fetch(session, RECORDS, col(Record.subject_id), subjects)
        former = await _owners_before_splits(context, subjects)
        went = await fetch(session, RECORDS, col(Record.record_id), former)
        asked = await asked_before(
            session, subjects=subjects, records={row["record_id"] for row in (*own, *went)}
        )
        # What a subject has now is told of before what went from it.
        records = [(former[row["record_id"]], row) for row in went]
        return cls([*records, *((row["subject_id"], row) for row in own)], asked)

    def find(self, subject_id: str, number: str) -> RegisterRow | None:
        """Returns the record of a penalty; None if there is none on file."""
        return self._penalties.get((subject_id, number))

    def were_asked(self, found: Found) -> bool:
        """Returns whether the same was asked before, be it decided or not."""
        return not self._asked.isdisjoint(asked_about(found))


async def _owners_before_splits(context: Context, subjects: Collection[str]) -> dict[str, str]:
    """The subjects from which records went to a part, by the id of the record."""
    acts = every_row(SubjectAct).where(col(SubjectAct.act) == LifeAct.SPLIT)
    rows = await fetch(context.session, acts, col(SubjectAct.subject_id), subjects)
    return {record_id: row["subject_id"] for row in rows for record_id in row["kept"]["records"]}

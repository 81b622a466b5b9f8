"""Asks what an import found that a person has to decide."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.identity import document_key
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.events.leadership import exclusively
from services.registry.questions.tables import Asked, Question
from services.registry.tables import Record

WAITING, DECIDED = "waiting", "decided"
IDS_IN_QUERY = 400
About = tuple[str, ...]
_COLUMNS: Any = (
    *(Question.kind, Question.subject_id, Question.instrument_id),
    *(Question.record_id, Question.source_ref),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A question that a row of a file raises.

    It is about an instrument, or about a penalty: then `source_ref` is the number of the decision,
    and `record_id` the record that is on file of it, if there is one.
    """

    kind: Asked
    subject_id: str
    bureau: str
    day: date
    instrument_id: str = ""
    record_id: str = ""
    source_ref: str = ""
    provided_by: str = ""
    summary: str = ""
    severity: str = ""


def asked_about(one: Any) -> set[About]:
    """Returns what a question is about; two that have one of these in common ask the same.

    A penalty is known by its subject and the number of the decision in whatever writing, and by its
    record, which may have gone to another subject since. `one` is found or asked.
    """
    if one.kind is Asked.REJECTED_ALONE:
        return {(one.kind, "instrument", one.instrument_id)}
    of_record: set[About] = {(one.kind, "record", one.record_id)} if one.record_id else set()
    if one.kind is Asked.NOT_FINAL:
        return of_record
    return {(one.kind, "decision", one.subject_id, document_key(one.source_ref)), *of_record}


async def asked_before(
    session: AsyncSession,
    *,
    subjects: Collection[str] = (),
    records: Collection[str] = (),
    instruments: Collection[str] = (),
) -> set[About]:
    """Returns what was asked about these subjects, records and instruments, decided or not."""
    which: Mapping[Any, Collection[str]] = {
        Question.subject_id: subjects,
        Question.record_id: records,
        Question.instrument_id: instruments,
    }
    asked: set[About] = set()
    for column, ids in which.items():
        for chunk in chunks(sorted({*ids} - {""}), IDS_IN_QUERY):
            rows = select(*_COLUMNS).where(column.in_(chunk))
            for row in await session.exec(rows):
                asked |= asked_about(row)
    return asked


async def ask(change: Change, batch_id: str, found: Sequence[Found]) -> None:
    """Opens the questions of a batch that is in force; what was asked before is not asked again."""
    of_decisions = [one for one in found if one.kind not in (Asked.REJECTED_ALONE, Asked.NOT_FINAL)]
    if of_decisions:
        # Of two files that ask the same at once, the later one must see what the earlier asked.
        await exclusively(change.session, "questions about decisions")
    asked = await asked_before(
        change.session,
        subjects={one.subject_id for one in of_decisions},
        records={one.record_id for one in found},
        instruments={one.instrument_id for one in found},
    )
    for one in found:
        about = asked_about(one)
        if asked.isdisjoint(about):
            change.session.add(_question(change, batch_id, one))
        asked |= about
    await change.session.flush()


def _question(change: Change, batch_id: str, found: Found) -> Question:
    return Question(
        question_id=uuid4().hex,
        kind=found.kind,
        bureau=found.bureau,
        subject_id=found.subject_id,
        instrument_id=found.instrument_id,
        record_id=found.record_id,
        source_ref=found.source_ref,
        day=found.day,
        provided_by=found.provided_by,
        summary=found.summary,
        severity=found.severity,
        batch_id=batch_id,
        opened_at=change.at,
    )


async def take_back(change: Change, batch_id: str) -> None:
    """Deletes the questions of a batch that was undone.

    What was decided stays, and so does the question whether a penalty is final that was entered by
    a decision: its record stays too.
    """
    stays = sa.and_(
        col(Question.kind) == Asked.NOT_FINAL,
        sa.exists().where(
            col(Record.record_id) == Question.record_id, sa.not_(col(Record.removed))
        ),
    )
    waiting = sa.and_(col(Question.batch_id) == batch_id, col(Question.state) == WAITING)
    await change.session.exec(sa.delete(Question).where(waiting, sa.not_(stays)))

"""Asks what an import found that a person has to decide."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.chunks import chunks
from services.registry.questions.tables import Asked, Question
from services.registry.tables import Record

WAITING, DECIDED = "waiting", "decided"
IDS_IN_QUERY = 400


@dataclass(frozen=True, slots=True)
class Found:
    """A question that a row of a file raises.

    It is about an instrument, or about a penalty: then `number` is that of the decision as it is
    compared, and `record_id` the record that is on file of it, if there is one.
    """

    kind: Asked
    subject_id: str
    bureau: str
    day: date
    instrument_id: str = ""
    record_id: str = ""
    number: str = ""
    source_ref: str = ""
    provided_by: str = ""
    summary: str = ""
    severity: str = ""

    @property
    def id(self) -> str:
        """The id of the question, which is the same whenever the same is found."""
        of_record = self.record_id if self.kind is Asked.NOT_FINAL else ""
        what = of_record or self.instrument_id or f"{self.subject_id}\n{self.number}"
        return hashlib.sha256(f"{self.kind}\n{what}".encode()).hexdigest()[:32]


async def ask(change: Change, batch_id: str, found: Sequence[Found]) -> None:
    """Opens the questions of a batch that is in force; what was asked before is not asked again."""
    for chunk in chunks({one.id: one for one in reversed(found)}.values(), IDS_IN_QUERY):
        ids = {one.id for one in chunk}
        before = select(Question.question_id).where(col(Question.question_id).in_(ids))
        asked = set((await change.session.exec(before)).all())
        change.session.add_all(
            _question(change, batch_id, one) for one in chunk if one.id not in asked
        )
    await change.session.flush()


def _question(change: Change, batch_id: str, found: Found) -> Question:
    return Question(
        question_id=found.id,
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

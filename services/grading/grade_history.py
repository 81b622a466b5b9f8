"""Writes the history of grades: new statements, with their receipts, events and audit entry.

A statement gives a grade, the days on which it is in force, and the period in which it is known.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import uuid4

from plumbing.change import Change
from plumbing.service import digest_of
from protos.grading.v1.events_pb2 import GradeChanged
from services.grading import assessment, wire
from services.grading.assessment import Assessment
from services.grading.intervals import succession
from services.grading.receipts import cutting, storing
from services.grading.tables import Grade, Receipt


@dataclass(frozen=True)
class Cause:
    """The reason why grades are computed again: changed records, time alone, or a new ruleset."""

    action: str
    ground: str = ""
    baseline: bool = False
    records: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by subject


def statement(new: Assessment, at: datetime) -> Grade:
    """Returns an assessment as a statement that is known from a moment, without its receipt."""
    dossier, receipt = new.file.dossier, new.receipt
    not_graded_zh, not_graded_en = new.not_graded_words()
    grade = Grade(
        grade_id=uuid4().hex,
        subject_id=dossier.subject_id,
        bureau=dossier.bureau,
        in_force_from=new.day,
        known_from=at,
        not_graded_zh=not_graded_zh,
        not_graded_en=not_graded_en,
        digest=new.digest,
    )
    if receipt is not None:
        grade.grade, grade.score = receipt.grade, receipt.score
        grade.ruleset_id, grade.ruleset_hash = receipt.ruleset_id, receipt.ruleset_hash
        grade.contested = bool(receipt.contested_records)
        grade.no_record, grade.example_values = receipt.no_record, receipt.example_values
    return grade


class Draft:
    """The new grade statements of one change, collected first and written together by `commit`."""

    def __init__(self, change: Change, cause: Cause) -> None:
        self._change, self._cause = change, cause
        self._rows: list[Grade | Receipt] = []
        self._parts: dict[bytes, bytes] = {}
        self._events: list[tuple[str, GradeChanged]] = []
        self.changed: list[str] = []

    def add(self, known: Sequence[Grade], assessments: Sequence[Assessment]) -> None:
        """Adds a subject's assessments, each in force from its day, and ends replaced statements.

        `known` are the subject's present statements, in the order of their days.
        """
        self.changed.append(assessments[0].file.dossier.subject_id)
        change = succession(known, [new.day for new in assessments], self._change.at)
        before = known[-1] if known else None
        for place in change.ended:
            known[place].known_to = change.at
        if change.again is not None:
            before = _again(known[change.again], assessments[0])
            before.known_from = change.at
            self._rows.append(before)
        for new, end in zip(assessments, change.ends, strict=True):
            after = self._grade(new)
            after.in_force_to, after.known_from = end, change.at
            self._announce(before, after)
            before = after

    async def commit(self) -> None:
        """Writes the new statements, one audit entry, and an event for each changed grade."""
        if not self.changed:
            return
        session = self._change.session
        await session.flush()  # the ends first: a subject has at most one statement without end
        session.add_all(self._rows)
        await storing.put(session, self._parts)
        self._audit()
        await session.flush()
        with session.no_autoflush:  # nothing is left to flush, and looking for it takes time
            for bureau, event in self._events:
                aggregate = f"subject/{event.subject_id}"
                await self._change.announce(event, aggregate=aggregate, bureau=bureau)

    def _grade(self, new: Assessment) -> Grade:
        grade = statement(new, self._change.at)
        if new.receipt is not None:
            grade.receipt_id = self._add_receipt(new)
        self._rows.append(grade)
        return grade

    def _add_receipt(self, new: Assessment) -> str:
        subject_id, receipt_id = new.file.dossier.subject_id, uuid4().hex
        cut = cutting.cut(json.dumps(new.document, ensure_ascii=False))
        self._parts |= cut.parts
        self._rows.append(
            Receipt(receipt_id=receipt_id, subject_id=subject_id, content=cut.content)
        )
        return receipt_id

    def _announce(self, before: Grade | None, after: Grade) -> None:
        if _result(before) == _result(after):
            return
        event = GradeChanged(
            subject_id=after.subject_id,
            after=wire.grade(after),
            record_ids=self._records_behind(after),
            baseline=self._cause.baseline,
            fell=_fell(before, after),
        )
        event.at.FromDatetime(self._change.at)
        if before is not None:
            event.before.CopyFrom(wire.grade(before))
        self._events.append((after.bureau, event))

    def _records_behind(self, after: Grade) -> Sequence[str]:
        """The changed records; none for a missed day, as time alone changed that grade."""
        if after.in_force_from < self._change.today:
            return ()
        return self._cause.records.get(after.subject_id, ())

    def _audit(self) -> None:
        """Writes one entry for all subjects: their number and the digest of their ids (D-10)."""
        digest = digest_of("subjects", ((subject_id, 0) for subject_id in self.changed)).digest
        alone = len(self.changed) == 1
        self._change.audit(
            self._cause.action,
            f"subject/{self.changed[0]}" if alone else f"subjects/{digest}",
            after=self._values_of_one() if alone else {"subjects": len(self.changed)},
            ground=self._cause.ground,
        )

    def _values_of_one(self) -> dict[str, Any]:
        grade = next(row for row in reversed(self._rows) if isinstance(row, Grade))
        return grade.model_dump(include={"grade", "score", "receipt_id"})


def _again(grade: Grade, next_assessment: Assessment) -> Grade:
    """The same grade stated again, in force until the day of the next assessment."""
    kept = grade.model_dump(exclude={"grade_id", "in_force_to", "known_to"})
    return Grade(**kept, grade_id=uuid4().hex, in_force_to=next_assessment.day)


def _result(grade: Grade | None) -> tuple[str | None, int | None]:
    return (grade.grade, grade.score) if grade else (None, None)


def _fell(before: Grade | None, after: Grade) -> bool:
    """Whether the grade became worse; grades of different texts are not compared."""
    if before is None or before.ruleset_id != after.ruleset_id:
        return False
    return assessment.fell(after.ruleset_id, before.grade, after.grade)

"""Drafting: new statements of grades in both times, with their receipts and announcements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from plumbing.change import Change
from plumbing.service import digest_of
from protos.grading.v1.events_pb2 import GradeChanged
from services.grading import assessment, wire
from services.grading.assessment import Assessment
from services.grading.intervals import succession
from services.grading.tables import Grade, Receipt


@dataclass(frozen=True)
class Cause:
    """What a re-grading comes from; without records it is the passing of time or a new text."""

    action: str
    ground: str = ""
    baseline: bool = False
    records: Mapping[str, Sequence[str]] = field(default_factory=dict)  # by subject


class Draft:
    """The statements of one change, kept back until the ones they end are ended."""

    def __init__(self, change: Change, cause: Cause) -> None:
        self._change, self._cause = change, cause
        self._rows: list[Grade | Receipt] = []
        self._events: list[tuple[str, GradeChanged]] = []
        self.changed: list[str] = []

    def state(self, known: Sequence[Grade], fresh: Sequence[Assessment]) -> None:
        """State a subject's new assessments, each in force from its day, over those known."""
        self.changed.append(fresh[0].file.dossier.subject_id)
        ruled = succession(known, [one.day for one in fresh], self._change.at)
        before = known[-1] if known else None
        for place in ruled.ended:
            known[place].known_to = ruled.at
        if ruled.again is not None:
            before = _again(known[ruled.again], fresh[0])
            before.known_from = ruled.at
            self._rows.append(before)
        for one, end in zip(fresh, ruled.ends, strict=True):
            after = self._grade(one)
            after.in_force_to, after.known_from = end, ruled.at
            self._announce(before, after)
            before = after

    async def commit(self) -> None:
        """Put the statements into the change, audit and announce them."""
        if not self.changed:
            return
        session = self._change.session
        await session.flush()  # the ends first: of a subject at most one statement is open
        session.add_all(self._rows)
        self._audit()
        await session.flush()
        with session.no_autoflush:  # nothing is left to flush, and looking takes time
            for bureau, event in self._events:
                aggregate = f"subject/{event.subject_id}"
                await self._change.announce(event, aggregate=aggregate, bureau=bureau)

    def _grade(self, said: Assessment) -> Grade:
        about, receipt = said.file.dossier, said.receipt
        not_graded_zh, not_graded_en = said.not_graded_words()
        grade = Grade(
            grade_id=uuid4().hex,
            subject_id=about.subject_id,
            bureau=about.bureau,
            in_force_from=said.day,
            known_from=self._change.at,
            not_graded_zh=not_graded_zh,
            not_graded_en=not_graded_en,
            digest=said.digest,
        )
        if receipt is not None:
            grade.grade, grade.score = receipt.grade, receipt.score
            grade.ruleset_id, grade.ruleset_hash = receipt.ruleset_id, receipt.ruleset_hash
            grade.contested = bool(receipt.contested_records)
            grade.no_record, grade.example_values = receipt.no_record, receipt.example_values
            grade.receipt_id = self._keep(said)
        self._rows.append(grade)
        return grade

    def _keep(self, said: Assessment) -> str:
        subject_id, receipt_id = said.file.dossier.subject_id, uuid4().hex
        document = said.document
        self._rows.append(Receipt(receipt_id=receipt_id, subject_id=subject_id, document=document))
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
        """What came into force on a day that was missed came by time, not by today's news."""
        if after.in_force_from < self._change.today:
            return ()
        return self._cause.records.get(after.subject_id, ())

    def _audit(self) -> None:
        """One entry for all of them: how many, and the digest of their ids (D-10)."""
        digest = digest_of("subjects", ((one, 0) for one in self.changed)).digest
        alone = len(self.changed) == 1
        self._change.audit(
            self._cause.action,
            f"subject/{self.changed[0]}" if alone else f"subjects/{digest}",
            after=self._said_of_one() if alone else {"subjects": len(self.changed)},
            ground=self._cause.ground,
        )

    def _said_of_one(self) -> dict[str, Any]:
        grade = next(row for row in reversed(self._rows) if isinstance(row, Grade))
        return grade.model_dump(include={"grade", "score", "receipt_id"})


def _again(grade: Grade, next_one: Assessment) -> Grade:
    """The same grade, in force until the day of the next."""
    kept = grade.model_dump(exclude={"grade_id", "in_force_to", "known_to"})
    return Grade(**kept, grade_id=uuid4().hex, in_force_to=next_one.day)


def _result(grade: Grade | None) -> tuple[str | None, int | None]:
    return (grade.grade, grade.score) if grade else (None, None)


def _fell(before: Grade | None, after: Grade) -> bool:
    """Grades of different texts are not compared."""
    if before is None or before.ruleset_id != after.ruleset_id:
        return False
    return assessment.fell(after.ruleset_id, before.grade, after.grade)

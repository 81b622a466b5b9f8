"""Finds the smallest set of steps by which a subject reaches a better grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from law.evidence import Dossier, Record, RecordStatus
from law.grading.changes import Addition, Change, Ending, what_if
from law.grading.engine import grade
from law.grading.receipt import Receipt
from law.grading.steps import Step, StepKind
from law.grading.turning_days import turning_days
from law.texts_in_force.model import Method, Ruleset


@dataclass(frozen=True, slots=True)
class Path:
    """A way to a better grade: the steps, the day on which they take effect, and the new grade.

    `act_by` is the last day on which the subject may perform the steps: where classes hold for a
    year, the end of the year before `on`, otherwise the day `on` itself.
    """

    on: date
    grade: str
    score: int | None
    steps: tuple[Step, ...]
    act_by: date

    def to_json(self) -> dict[str, object]:
        """Returns the way as JSON values."""
        return {
            "on": self.on.isoformat(),
            "grade": self.grade,
            "score": self.score,
            "act_by": self.act_by.isoformat(),
            "steps": [step.to_json() for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class Ways:
    """Two ways to a better grade: the one with the fewest steps, and the soonest.

    Each is None if there is no way.
    """

    fewest: Path | None
    soonest: Path | None


def ways_up(
    dossier: Dossier,
    ruleset: Ruleset,
    now: Receipt,
    steps: Sequence[Step],
    horizon: date | None = None,
) -> Ways:
    """Finds two ways to a better grade: the one with the fewest steps, and the soonest.

    Of several ways with the fewest steps, the soonest is returned. For each day on which a step
    becomes possible or time changes the grade, the search starts with all steps and drops one after
    the other, the one with the fewest points first, as long as the grade stays better. No step
    makes a grade worse, so the remaining set is as small as possible. Days after `horizon` are not
    searched.
    """
    if now.grade is None or ruleset.rank(now.grade) == 0:
        return Ways(None, None)
    days = {now.as_of, *turning_days(dossier, ruleset, now.as_of)}
    days |= {step.possible_on for step in steps}
    search = _Search(dossier, ruleset, now)
    last = min(horizon or date.max, ruleset.valid_to or date.max)
    within = sorted(day for day in days if day <= last)
    paths = [path for day in within if (path := search.on(day, steps))]
    return Ways(
        min(paths, key=lambda path: (len(path.steps), path.on), default=None),
        min(paths, key=lambda path: (path.on, len(path.steps)), default=None),
    )


@dataclass(frozen=True)
class _Search:
    """The search for the steps of one day."""

    dossier: Dossier
    ruleset: Ruleset
    now: Receipt

    def on(self, day: date, steps: Sequence[Step]) -> Path | None:
        """The fewest steps that make the grade better by a day; None if there are none."""
        active = [step for step in steps if step.step is not StepKind.WAIT]
        taken = self._prune([step for step in active if step.possible_on <= day], day)
        if taken is None:
            return None
        waits = [step for step in steps if self._has_passed(step, day)]
        after = self._after(taken, day)
        needed = self._needed_waits(waits, taken)
        act_by = day - timedelta(days=1) if self.ruleset.method is Method.CLASSES else day
        return Path(day, after.grade or "", after.score, (*needed, *taken), act_by)

    def _prune(self, steps: list[Step], day: date) -> tuple[Step, ...] | None:
        if not self._better(self._after(steps, day)):
            return None
        for step in _least_worth_first(steps):
            fewer = [other for other in steps if other is not step]
            if self._better(self._after(fewer, day)):
                steps = fewer
        return tuple(steps)

    def _needed_waits(self, waits: list[Step], taken: Sequence[Step]) -> tuple[Step, ...]:
        """The expiries without which the steps taken would not be enough."""
        if self.ruleset.method is Method.CLASSES:
            return tuple(waits)  # the end of a year considers all records together
        for step in _least_worth_first(waits):
            fewer = [other for other in waits if other is not step]
            if self._better(self._after([*fewer, *taken], self.now.as_of)):
                waits = fewer
        return tuple(waits)

    def _has_passed(self, step: Step, day: date) -> bool:
        return step.step is StepKind.WAIT and self.now.as_of < step.possible_on <= day

    def _after(self, steps: Sequence[Step], day: date) -> Receipt:
        changes = [self._change(step, number, day) for number, step in enumerate(steps)]
        if not changes:
            return grade(self.dossier, self.ruleset, day)
        return what_if(self.dossier, self.ruleset, day, changes)

    def _change(self, step: Step, number: int, day: date) -> Change:
        if step.step is StepKind.REPAIR:
            return Ending(step.record, RecordStatus.REPAIRED, self._effective(day))
        if step.step is StepKind.WAIT:
            return Ending(step.record, RecordStatus.EXPIRED, None)
        done = self._effective(day)
        return Addition(Record(f"act {number}", step.kind, done, done))

    def _effective(self, day: date) -> date:
        """The day of a step that takes effect by `day`; for classes, in the year before."""
        if self.ruleset.method is Method.CLASSES:
            return max(self.now.as_of, date(day.year - 1, 12, 31))
        return day

    def _better(self, receipt: Receipt) -> bool:
        before, after = self.now.grade or "", receipt.grade or ""
        return self.ruleset.rank(after) < self.ruleset.rank(before)


def _least_worth_first(steps: Sequence[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: step.points or 0)

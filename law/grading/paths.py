"""The smallest set of steps that reaches a better grade."""

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
    """A way up: the steps to take, the day from which they have worked, the grade they give.

    `act_by` is the last day for an act among the steps: a class follows from the year-end before
    it, elsewhere an act tells on its own day.
    """

    on: date
    grade: str
    score: int | None
    steps: tuple[Step, ...]
    act_by: date

    def to_json(self) -> dict[str, object]:
        """Write it as JSON."""
        return {
            "on": self.on.isoformat(),
            "grade": self.grade,
            "score": self.score,
            "act_by": self.act_by.isoformat(),
            "steps": [step.to_json() for step in self.steps],
        }


@dataclass(frozen=True, slots=True)
class Ways:
    """The two ways up worth knowing: the one of fewest steps, and the one soonest."""

    fewest: Path | None
    soonest: Path | None


def ways_up(
    dossier: Dossier,
    ruleset: Ruleset,
    now: Receipt,
    steps: Sequence[Step],
    horizon: date | None = None,
) -> Ways:
    """Find the ways to a better grade: the fewest steps, of equally few the soonest; and soonest.

    On each day on which something becomes possible all steps are taken and then dropped one by
    one, the least worth first, while the grade stays better. As no step ever harms, what is left
    is as small as it can be.
    """
    if now.grade is None or ruleset.rank(now.grade) == 0:
        return Ways(None, None)
    days = {now.as_of, *turning_days(dossier, ruleset, now.as_of)}
    days |= {step.possible_on for step in steps}
    search = _Search(dossier, ruleset, now)
    last = min(horizon or date.max, ruleset.valid_to or date.max)
    within = sorted(day for day in days if day <= last)
    found = [path for day in within if (path := search.on(day, steps))]
    return Ways(
        min(found, key=lambda path: (len(path.steps), path.on), default=None),
        min(found, key=lambda path: (path.on, len(path.steps)), default=None),
    )


@dataclass(frozen=True)
class _Search:
    """The search for steps on one day after another."""

    dossier: Dossier
    ruleset: Ruleset
    now: Receipt

    def on(self, day: date, steps: Sequence[Step]) -> Path | None:
        """Return the fewest steps that make the grade better by a day, if any do."""
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
        """Keep the expiries without which the same steps would not have been enough."""
        if self.ruleset.method is Method.CLASSES:
            return tuple(waits)  # a year-end looks at all records together
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
        """Classes look at the year-end before; elsewhere a step tells on the day itself."""
        if self.ruleset.method is Method.CLASSES:
            return max(self.now.as_of, date(day.year - 1, 12, 31))
        return day

    def _better(self, receipt: Receipt) -> bool:
        before, after = self.now.grade or "", receipt.grade or ""
        return self.ruleset.rank(after) < self.ruleset.rank(before)


def _least_worth_first(steps: Sequence[Step]) -> list[Step]:
    return sorted(steps, key=lambda step: step.points or 0)

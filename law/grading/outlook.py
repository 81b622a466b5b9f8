"""Predicts how time alone changes a grade, and lists the steps that the subject can take."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from law.evidence import Dossier
from law.grading.engine import grade
from law.grading.paths import Path, ways_up
from law.grading.receipt import Receipt
from law.grading.steps import Step, open_steps
from law.grading.turning_days import turning_days
from law.texts_in_force.model import Ruleset


@dataclass(frozen=True, slots=True)
class Turn:
    """A day on which the grade changes by time alone, with the new grade and score.

    `enters` and `leaves` are the ids of the records that begin and cease to count.
    """

    on: date
    grade: str | None
    score: int | None
    enters: tuple[str, ...]
    leaves: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """Returns the change of grade as JSON values."""
        return {
            "on": self.on.isoformat(),
            "grade": self.grade,
            "score": self.score,
            "enters": list(self.enters),
            "leaves": list(self.leaves),
        }


@dataclass(frozen=True, slots=True)
class Outlook:
    """The future changes of a grade, the steps open to the subject, and the ways to a better grade.

    `turns` are the changes by time alone. `path` is the way with the fewest steps, `soonest` the
    quickest way. Both are None at the best grade, without a grade, and where no step helps.
    """

    subject_id: str
    ruleset_id: str
    as_of: date
    horizon: date | None
    grade: str | None
    score: int | None
    turns: tuple[Turn, ...]
    steps: tuple[Step, ...]
    path: Path | None
    soonest: Path | None

    def to_json(self) -> dict[str, object]:
        """Returns the outlook as JSON values."""
        return {
            "subject": self.subject_id,
            "ruleset": self.ruleset_id,
            "as_of": self.as_of.isoformat(),
            "horizon": self.horizon.isoformat() if self.horizon else None,
            "grade": self.grade,
            "score": self.score,
            "changes": [turn.to_json() for turn in self.turns],
            "steps": [step.to_json() for step in self.steps],
            "path": self.path.to_json() if self.path else None,
            "soonest": self.soonest.to_json() if self.soonest else None,
        }


def outlook(
    dossier: Dossier, ruleset: Ruleset, as_of: date, horizon: date | None = None
) -> Outlook:
    """Predicts the changes of a grade by time alone, and the ways to a better grade.

    Starts on the day `as_of` and ends on `horizon`; without a horizon, on the last day on which
    time alone changes the grade.
    """
    now = grade(dossier, ruleset, as_of)
    steps = open_steps(dossier, ruleset, now)
    ways = ways_up(dossier, ruleset, now, steps, horizon)
    return Outlook(
        subject_id=dossier.subject_id,
        ruleset_id=ruleset.id,
        as_of=as_of,
        horizon=horizon,
        grade=now.grade,
        score=now.score,
        turns=tuple(_turns(dossier, ruleset, now, horizon)),
        steps=steps,
        path=ways.fewest,
        soonest=ways.soonest,
    )


def _turns(
    dossier: Dossier, ruleset: Ruleset, now: Receipt, horizon: date | None
) -> Iterator[Turn]:
    before = now
    for day in turning_days(dossier, ruleset, now.as_of):
        if horizon is not None and day > horizon:
            return
        after = grade(dossier, ruleset, day)
        if after.grade != before.grade:
            was, is_now = _counted(before), _counted(after)
            enters, leaves = tuple(sorted(is_now - was)), tuple(sorted(was - is_now))
            yield Turn(day, after.grade, after.score, enters, leaves)
            before = after


def _counted(receipt: Receipt) -> set[str]:
    return {line.record for line in receipt.lines if line.counted}

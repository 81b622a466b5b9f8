"""The steps that a subject can take: wait until a record expires, apply for repair, or do good."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from law.evidence import Dossier, Record, RecordKind
from law.grading.counting import counted_kinds, origin_of, why_unused, window_on
from law.grading.receipt import Receipt
from law.grading.turning_days import spell_began_on
from law.periods import first_day_after
from law.repair.data import Paper
from law.repair.rule import Application, check
from law.texts_in_force.model import Edition, Effect, Ruleset

# The facts that a subject can bring about itself; the bureau confirms them.
_WITHIN_REACH = frozenset({"duties_performed", "impact_removed", "corrected"})


class StepKind(StrEnum):
    """The kinds of steps: wait for a record to expire, apply for a repair, or do a good act."""

    WAIT = "wait"
    REPAIR = "repair"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Step:
    """One step that a subject can take, and the first day on which it is possible.

    `record` is the id of the record that the step ends; for an act it is empty, and `kind` is the
    kind of the new record. `points` are the points that the step adds to the score; None where the
    text has no points.
    """

    step: StepKind
    record: str  # empty for an act
    kind: RecordKind
    possible_on: date
    points: int | None
    cite: str

    def to_json(self) -> dict[str, object]:
        """Returns the step as JSON values."""
        return {
            "step": self.step.value,
            "record": self.record or None,
            "kind": self.kind.value,
            "possible_on": self.possible_on.isoformat(),
            "points": self.points,
            "cite": self.cite,
        }


def open_steps(dossier: Dossier, ruleset: Ruleset, now: Receipt) -> tuple[Step, ...]:
    """Lists every step that a subject can take to improve its grade.

    First the waits and the repairs, one for each adverse record, then the good acts; empty without
    a grade.
    """
    if now.grade is None:
        return ()
    edition = ruleset.at(now.as_of)
    return (
        *_waits(dossier, edition, now),
        *_repairs(dossier, ruleset, edition, now),
        *_acts(dossier, edition, now),
    )


def _standing_adverse(
    dossier: Dossier, edition: Edition, now: Receipt
) -> Iterator[tuple[Record, int | None]]:
    """Yields each adverse record that counts, with the points that its end would bring.

    A record counts here if it counts for the grade or would count today; for classes the two
    differ.
    """
    today = window_on(edition, now.as_of)
    for record, line in zip(dossier.records, now.lines, strict=True):
        counts = why_unused(record, edition.kinds[record.kind], edition, today) is None
        if (line.counted or counts) and not record.kind.positive:
            yield record, None if line.points is None else -line.points


def _waits(dossier: Dossier, edition: Edition, now: Receipt) -> Iterator[Step]:
    window = edition.window
    for record, worth in _standing_adverse(dossier, edition, now):
        gone = first_day_after(origin_of(edition, record), window.years)
        yield Step(StepKind.WAIT, record.id, record.kind, gone, worth, window.cite)


def _repairs(dossier: Dossier, ruleset: Ruleset, edition: Edition, now: Receipt) -> Iterator[Step]:
    """Yields the repairs that become possible if the subject fulfils its duties."""
    began = spell_began_on(dossier, ruleset, now)
    for record, worth in _standing_adverse(dossier, edition, now):
        answer = check(
            ruleset.id,
            Application(
                grade=now.grade or "",
                on=now.as_of,
                spell_began_on=began,
                to_repair=(record,),
                archive=dossier.records,
                confirmed=_WITHIN_REACH,
                papers=frozenset(Paper),
            ),
        )
        if answer.met_from is not None:
            cite = _together(condition.cite for condition in answer.conditions)
            yield Step(StepKind.REPAIR, record.id, record.kind, answer.met_from, worth, cite)


def _together(cites: Iterable[str]) -> str:
    """Joins citations, each article once."""
    return "; ".join(dict.fromkeys(part for cite in cites for part in cite.split("; ")))


def _acts(dossier: Dossier, edition: Edition, now: Receipt) -> Iterator[Step]:
    """Yields each kind of act that adds points, or that is a good record still missing."""
    counted = counted_kinds(dossier, edition, window_on(edition, now.as_of))
    for kind, rule in edition.kinds.items():
        missing = kind in edition.good and kind not in counted
        if rule.effect is Effect.ADDS or missing:
            yield Step(StepKind.ACT, "", kind, now.as_of, rule.points, rule.cite)

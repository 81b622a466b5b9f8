"""The steps open to a subject: waiting for a record to expire, repair, a positive act."""

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
from law.repair.rule import Application, check
from law.texts_in_force.model import Edition, Effect, Ruleset

# What a subject that applies can bring about; the bureau confirms it.
_WITHIN_REACH = frozenset({"duties_performed", "impact_removed", "corrected"})


class StepKind(StrEnum):
    """What a step is."""

    WAIT = "wait"
    REPAIR = "repair"
    ACT = "act"


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what, on which record or by which kind of act, from when, what it is worth.

    `points` is what the step adds to the score, None where the text has no points.
    """

    step: StepKind
    record: str  # empty for an act
    kind: RecordKind
    possible_on: date
    points: int | None
    cite: str

    def to_json(self) -> dict[str, object]:
        """Write it as JSON."""
        return {
            "step": self.step.value,
            "record": self.record or None,
            "kind": self.kind.value,
            "possible_on": self.possible_on.isoformat(),
            "points": self.points,
            "cite": self.cite,
        }


def open_steps(dossier: Dossier, ruleset: Ruleset, now: Receipt) -> tuple[Step, ...]:
    """List every step open to a subject: per adverse record waiting and repair, then acts."""
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
    """Yield each adverse record that counts now or today, with what its end would be worth.

    The two differ where a class rests on the year-end before.
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
    """Yield the repairs that time alone will permit, if the subject does its part."""
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
            ),
        )
        if answer.met_from is not None:
            cite = _together(condition.cite for condition in answer.conditions)
            yield Step(StepKind.REPAIR, record.id, record.kind, answer.met_from, worth, cite)


def _together(cites: Iterable[str]) -> str:
    """Join citations, each article once."""
    return "; ".join(dict.fromkeys(part for cite in cites for part in cite.split("; ")))


def _acts(dossier: Dossier, edition: Edition, now: Receipt) -> Iterator[Step]:
    """Yield each kind of positive act once: what adds points, or a good record still missing."""
    counted = counted_kinds(dossier, edition, window_on(edition, now.as_of))
    for kind, rule in edition.kinds.items():
        missing = kind in edition.good and kind not in counted
        if rule.effect is Effect.ADDS or missing:
            yield Step(StepKind.ACT, "", kind, now.as_of, rule.points, rule.cite)

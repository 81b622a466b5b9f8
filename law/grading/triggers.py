"""Grading by the number of counted records (national guide: S1 10, 13; C-30)."""

from __future__ import annotations

from datetime import date

from law.evidence import Dossier, Record
from law.grading.counting import origin_of
from law.grading.points import Outcome
from law.grading.receipt_parts import Line, Override
from law.periods import add_years
from law.texts_in_force.model import Edition, Ruleset, Trigger


def by_triggers(
    dossier: Dossier, ruleset: Ruleset, edition: Edition, lines: tuple[Line, ...]
) -> Outcome:
    """Returns the worst grade among the triggers that are met and the grade proved by good records.

    The best grade requires records of sound management systems and of fulfilled responsibility
    (R-090). A subject with neither adverse records nor these good records has the second grade
    (R-091).
    """
    counted = [record for record, line in zip(dossier.records, lines, strict=True) if line.counted]
    met = tuple(
        Override(trigger.id, trigger.grade, "", trigger.cite)
        for trigger in edition.triggers
        if is_met(trigger, counted, edition)
    )
    grade = _shown(counted, ruleset, edition)
    for override in met:
        grade = ruleset.worse(grade, override.grade)
    worst_first = sorted(met, key=lambda known: -ruleset.rank(known.grade))
    return Outcome(grade, None, tuple(worst_first), None, ())


def is_met(trigger: Trigger, counted: list[Record], edition: Edition) -> bool:
    """Returns whether a trigger is met: enough of the counted records are of its kinds.

    If the trigger has `within_years`, these records must also lie within that number of calendar
    years.
    """
    days = sorted(origin_of(edition, record) for record in counted if record.kind in trigger.kinds)
    if trigger.within_years is None:
        return len(days) >= trigger.at_least
    return _close_together(days, trigger.at_least, trigger.within_years)


def _close_together(days: list[date], number: int, years: int) -> bool:
    """Whether `number` of the days, which are in order, lie within `years`, last day included."""
    pairs = zip(days, days[number - 1 :], strict=False)
    return any(last <= add_years(first, years) for first, last in pairs)


def _shown(counted: list[Record], ruleset: Ruleset, edition: Edition) -> str:
    kinds = {record.kind for record in counted}
    best, second = ruleset.grades[0], ruleset.grades[1]
    return best.id if all(kind in kinds for kind in edition.good) else second.id

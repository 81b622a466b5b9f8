"""The days on which time alone changes a grade."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from law.evidence import Dossier
from law.grading.counting import origin_of
from law.grading.engine import grade
from law.grading.receipt import Receipt
from law.periods import first_day_after
from law.texts_in_force.model import Method, Ruleset


def next_change_on(dossier: Dossier, ruleset: Ruleset, as_of: date) -> date | None:
    """Returns the next day on which time alone changes the grade, the score or the judgments.

    None if time alone changes none of them.
    """
    before = grade(dossier, ruleset, as_of)
    for day in turning_days(dossier, ruleset, as_of):
        if result_of(grade(dossier, ruleset, day)) != result_of(before):
            return day
    return None


def result_of(receipt: Receipt) -> tuple[object, ...]:
    """Returns the decision of a receipt: grade, score, class of the next year, and judgments."""
    return receipt.grade, receipt.score, receipt.prospective, receipt.overrides


def spell_began_on(dossier: Dossier, ruleset: Ruleset, now: Receipt) -> date | None:
    """Returns the first day since which a subject has had its present grade without a break (C-13).

    The day is computed from the records known now, and is never before the first day of the text.
    None where the subject had the grade before its first record and the text has no first day.
    """
    for day in reversed(_all_turning_days(dossier, ruleset, now.as_of)):
        if day > now.as_of:
            continue
        if day == ruleset.valid_from:
            return day
        if grade(dossier, ruleset, day - timedelta(days=1)).grade != now.grade:
            return day
    return None


def turning_days(dossier: Dossier, ruleset: Ruleset, as_of: date) -> list[date]:
    """Returns the days after `as_of`, in order, on which time alone can change the grading."""
    return [day for day in _all_turning_days(dossier, ruleset, as_of) if day > as_of]


def _all_turning_days(dossier: Dossier, ruleset: Ruleset, as_of: date) -> list[date]:
    days = set(_record_days(dossier, ruleset)) | {
        edition.valid_from for edition in ruleset.editions if edition.valid_from
    }
    if ruleset.valid_to:
        days.add(
            ruleset.valid_to + timedelta(days=1)
        )  # the day after its end, from which on it grades nobody
    if ruleset.method is Method.CLASSES:
        days |= _new_years(days | {as_of})
    return sorted(days)


def _record_days(dossier: Dossier, ruleset: Ruleset) -> Iterator[date]:
    """Yields the days on which a record enters or leaves the window or is ended by its status."""
    for edition in ruleset.editions:
        for record in dossier.records:
            origin = origin_of(edition, record)
            yield origin
            yield first_day_after(origin, edition.window.years)
            if record.status_on:
                yield record.status_on


def _new_years(days: set[date]) -> set[date]:
    """The days on which classes can change: each 1 January up to the last that matters.

    After the last event a class may still move at the end of two years: from 3 to 2, then to 1.
    """
    years = {day.year for day in days}
    return {date(year, 1, 1) for year in range(min(years), max(years) + 4)}

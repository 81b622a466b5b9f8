"""What the mere passing of time does to a grade."""

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
    """Return the next day on which grade, score or judgments change if nothing else happens.

    None when nothing will ever change by time alone.
    """
    before = grade(dossier, ruleset, as_of)
    for day in turning_days(dossier, ruleset, as_of):
        if result_of(grade(dossier, ruleset, day)) != result_of(before):
            return day
    return None


def result_of(receipt: Receipt) -> tuple[object, ...]:
    """Return what a receipt decides, without how it came about."""
    return receipt.grade, receipt.score, receipt.prospective, receipt.overrides


def spell_began_on(dossier: Dossier, ruleset: Ruleset, now: Receipt) -> date | None:
    """Return the first day of the present uninterrupted spell at a grade (C-13).

    Read from the records as they are known now, no earlier than the text itself. None when the
    grade has stood since before the first record of a text without a first day.
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
    """Return, in order, the later days on which anything can change by time alone."""
    return [day for day in _all_turning_days(dossier, ruleset, as_of) if day > as_of]


def _all_turning_days(dossier: Dossier, ruleset: Ruleset, as_of: date) -> list[date]:
    days = set(_record_days(dossier, ruleset)) | {
        edition.valid_from for edition in ruleset.editions if edition.valid_from
    }
    if ruleset.valid_to:
        days.add(ruleset.valid_to + timedelta(days=1))  # from then on it grades nobody
    if ruleset.method is Method.CLASSES:
        days |= _new_years(days | {as_of})
    return sorted(days)


def _record_days(dossier: Dossier, ruleset: Ruleset) -> Iterator[date]:
    """Yield the days a record comes in, leaves the window, or is ended by its status."""
    for edition in ruleset.editions:
        for record in dossier.records:
            origin = origin_of(edition, record)
            yield origin
            yield first_day_after(origin, edition.window.years)
            if record.status_on:
                yield record.status_on


def _new_years(days: set[date]) -> set[date]:
    """Return the days on which classes change: each 1 January, up to the last that can matter.

    After the last event a class needs two year-ends to settle: 3 to 2, then 2 to 1.
    """
    years = {day.year for day in days}
    return {date(year, 1, 1) for year in range(min(years), max(years) + 4)}

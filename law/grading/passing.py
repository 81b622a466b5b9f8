"""What the mere passing of time does to a grade."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from law.evidence import Dossier
from law.grading.engine import grade
from law.grading.receipt import Receipt
from law.grading.sift import origin_of
from law.rules import Method, Ruleset
from law.windows import first_day_after


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


def turning_days(dossier: Dossier, ruleset: Ruleset, as_of: date) -> list[date]:
    """Return, in order, the later days on which anything can change by time alone."""
    days = set(_record_days(dossier, ruleset)) | {
        edition.valid_from for edition in ruleset.editions if edition.valid_from
    }
    if ruleset.method is Method.CLASSES:
        days |= _new_years(days, as_of)
    return sorted(day for day in days if day > as_of)


def _record_days(dossier: Dossier, ruleset: Ruleset) -> Iterator[date]:
    """Yield the days a record comes in, leaves the window, or is ended by its status."""
    for edition in ruleset.editions:
        for record in dossier.records:
            origin = origin_of(edition, record)
            yield origin
            yield first_day_after(origin, edition.window.years)
            if record.status_on:
                yield record.status_on


def _new_years(days: set[date], as_of: date) -> set[date]:
    """Classes change on 1 January; a class moves on for two more years after the last event."""
    last = max((day.year for day in days), default=as_of.year)
    years = range(as_of.year + 1, max(last, as_of.year) + 4)
    return {date(year, 1, 1) for year in years}

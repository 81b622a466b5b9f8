"""Grading by classes that can change at the end of each year (Tianjin: S0 附件二, 三; C-17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from law.evidence import POSITIVE, Dossier, RecordKind
from law.grading.counting import counted_kinds, origin_of, window_on
from law.grading.points import Outcome
from law.grading.receipt_parts import Line, Override, Reason
from law.texts_in_force.model import Edition, Method, Movement, Ruleset


def evidence_day(ruleset: Ruleset, as_of: date) -> date:
    """Returns the last day of the evidence for a grade on the day `as_of`.

    Where a text grades by classes, this is 31 December of the year before; otherwise `as_of`.
    """
    if ruleset.method is Method.CLASSES:
        return date(as_of.year - 1, 12, 31)
    return as_of


def by_classes(dossier: Dossier, ruleset: Ruleset, as_of: date) -> Outcome:
    """Returns the class in force in the year of `as_of`, and the class expected for the next year.

    On each 31 December the evidence of the window up to that day decides the class of the next
    year. The expected class, `prospective`, is the one that would follow if the year ended on
    `as_of`. A record of this year affects `prospective` at once, and `grade` from next year.
    """
    current, cite = _in_force(dossier, ruleset, as_of.year)
    edition = ruleset.at(as_of)
    counted = counted_kinds(dossier, edition, window_on(edition, as_of))
    prospective = _move(current, edition, finding_of(counted, edition))
    override = Override(f"class-of-{as_of.year}", current, "", cite)
    return Outcome(current, None, (override,), prospective.to, ())


def telling_next_year(
    lines: tuple[Line, ...], dossier: Dossier, edition: Edition, as_of: date
) -> tuple[Line, ...]:
    """Returns the receipt lines, with the records of this year marked as counted from next year.

    C-17: a record of this year affects the class of the next year.
    """
    return tuple(
        replace(line, reason=Reason.NEXT_YEAR)
        if line.reason is Reason.NOT_YET and origin_of(edition, record) <= as_of
        else line
        for line, record in zip(lines, dossier.records, strict=True)
    )


def finding_of(counted: set[RecordKind], edition: Edition) -> str:
    """Returns the finding of a year, from the kinds of records that counted in it (S0 附件二).

    The finding is `adverse`, `clean_and_good` (all the good records required) or `clean`.
    """
    if not POSITIVE.issuperset(counted):
        return "adverse"
    return "clean_and_good" if counted.issuperset(edition.good) else "clean"


def _in_force(dossier: Dossier, ruleset: Ruleset, year: int) -> tuple[str, str]:
    """The class in force in a year, computed year by year, and its article."""
    known, since = _starting_point(dossier, ruleset, year)
    cite = "C-17"
    for past in range(since, year):
        day = date(past, 12, 31)
        edition = ruleset.looking_back(day)
        counted = counted_kinds(dossier, edition, window_on(edition, day))
        move = _move(known, edition, finding_of(counted, edition))
        known, cite = move.to, move.cite
    return known, cite


def _starting_point(dossier: Dossier, ruleset: Ruleset, year: int) -> tuple[str, int]:
    """The latest class that was given, with its year, or "" and the year before the oldest record.

    Before its oldest record a subject has nothing adverse, so the definitions give it class 2.
    """
    given = [(previous.year or year - 1, previous.grade) for previous in dossier.previous]
    given = [previous for previous in given if previous[0] <= year]
    if given:
        since, grade = max(given)
        return grade, since
    edition = ruleset.looking_back(date(year, 1, 1))
    origins = [origin_of(edition, record).year - 1 for record in dossier.records]
    return "", min([*origins, year - 1])


def _move(known: str, edition: Edition, finding: str) -> Movement:
    for move in edition.movements:
        at_home = known in move.classes if known else not move.classes
        if at_home and move.finding == finding:
            return move
    raise AssertionError(f"no movement from {known} on {finding}")

"""When a figure of a text changes, each day is judged by the figures of that day."""

from __future__ import annotations

from datetime import date

from law.evidence import Dossier, Record, RecordKind, Sector, SubjectKind
from law.grading import grade, next_change_on
from law.texts_in_force.model import Ruleset
from law.texts_in_force.read import parse
from tests.unit.law.broken_files import fresh


def _with_window(ruleset_id: str, years: int, since: date) -> Ruleset:
    """A packaged text whose evidence window changes on a day."""
    document = fresh(ruleset_id)
    old = document["window"]
    document["window"] = [
        {**old, "valid_to": date.fromordinal(since.toordinal() - 1)},
        {**old, "valid_from": since, "years": years},
    ]
    return parse(document, "test")


def _dossier(kind: str, on: date) -> Dossier:
    record = Record("r1", RecordKind(kind), on, on)
    return Dossier("S1", Sector.OPTICAL, SubjectKind.ORGANISATION, (record,))


def _grade(dossier: Dossier, ruleset: Ruleset, day: date) -> str | None:
    return grade(dossier, ruleset, day).grade


def test_a_shorter_window_tells_from_its_first_day() -> None:
    ruleset = _with_window("hangzhou-2021-120", 3, date(2027, 1, 1))
    dossier = _dossier("crime", date(2023, 6, 1))
    assert _grade(dossier, ruleset, date(2026, 12, 31)) == "E"
    assert _grade(dossier, ruleset, date(2027, 1, 1)) == "B"
    assert next_change_on(dossier, ruleset, date(2026, 6, 30)) == date(2027, 1, 1)


def test_each_year_end_has_the_window_of_its_day() -> None:
    ruleset = _with_window("tianjin-pilot", 3, date(2026, 1, 1))
    dossier = _dossier("overdue_use", date(2023, 6, 1))
    # 31 December 2025 looks back two years, so 2026 is class 2 …
    assert _grade(dossier, ruleset, date(2026, 1, 1)) == "2"
    # … while a year that ended on 30 May 2026 would look back three.
    assert grade(dossier, ruleset, date(2026, 5, 30)).prospective == "3"
    assert _grade(dossier, ruleset, date(2026, 5, 30)) == "2"
    window = grade(dossier, ruleset, date(2026, 5, 30)).window
    assert window is not None
    assert (window.first, window.last) == (date(2023, 12, 31), date(2025, 12, 31))


def test_the_class_of_a_past_year_is_not_judged_by_a_later_window() -> None:
    ruleset = _with_window("tianjin-pilot", 4, date(2026, 12, 31))
    dossier = _dossier("overdue_use", date(2023, 6, 1))
    assert _grade(dossier, ruleset, date(2026, 12, 30)) == "2"
    assert _grade(dossier, ruleset, date(2027, 1, 1)) == "3"


def test_a_longer_window_counts_what_had_left() -> None:
    ruleset = _with_window("national-2017-566", 6, date(2027, 1, 1))
    dossier = _dossier("overdue_use", date(2021, 6, 1))
    grades = [_grade(dossier, ruleset, day) for day in (date(2026, 6, 2), date(2027, 1, 1))]
    assert grades == ["basically_trusted", "untrusted"]
    assert next_change_on(dossier, ruleset, date(2026, 6, 2)) == date(2027, 1, 1)
    assert next_change_on(dossier, ruleset, date(2027, 1, 1)) == date(2027, 6, 2)

"""Figures that change on a day: derived days agree with each day judged by its own figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from law.colours.rule import (
    Colour,
    InstrumentState,
    VerificationResult,
    changes,
    colour,
    first_days,
    latest_reached,
    latest_valid_until,
)
from law.courses import RED_ALERT, ladder
from law.disclosure import retention as retention_module
from law.disclosure.retention import retention, still_kept_from
from law.escalation import Step, rung
from law.evidence import Dossier, Record, RecordKind, Sector, Severity, SubjectKind
from law.figures import in_force
from law.grading import grade, outlook
from law.measures.rule import alert_measures, measures
from law.periods import add_months, add_years
from law.repair.data import Paper
from law.repair.rule import Application, check
from law.terms import data as term_data
from law.terms.data import definition
from law.terms.ledger import start
from law.terms.workdays import edition
from tests.unit.law.broken_files import Document
from tests.unit.law.versions import (
    SINCE,
    earlier_reminder,
    fewer_months,
    longer_periods,
    more_months,
    one_more_fact,
    other_days,
    other_measures,
    put_in_place,
    shorter_periods,
    slower_ladder,
    wait,
    window_of,
)

DAY = timedelta(days=1)
CALENDAR = edition()
H120, TRIAL, FIRST = "hangzhou-2021-120", "hangzhou-trial", "objection_first"
CONFIRMED = frozenset({"duties_performed", "impact_removed"})
GRADED_KINDS = [RecordKind.CRIME, RecordKind.PENALTY, RecordKind.OVERDUE_USE, RecordKind.AWARD]
Figure = Callable[[date], object]


@pytest.fixture(scope="module", params=[more_months, fewer_months])
def months(request: pytest.FixtureRequest) -> object:
    """The months of the colours change on `SINCE`."""
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(patch, "colours", request.param)
        yield


def _facts(valid_until: date) -> dict[str, object]:
    passed, in_use = VerificationResult.PASS, InstrumentState.IN_USE
    return {"valid_until": valid_until, "state": in_use, "last_result": passed}


def _colour(valid_until: date, on: date) -> Colour:
    return colour(on=on, **_facts(valid_until)).colour  # type: ignore[arg-type]


@pytest.mark.usefixtures("months")
@given(st.dates(date(2026, 10, 1), date(2027, 8, 31)))
def test_the_changes_of_a_colour_are_the_days_on_which_it_differs_from_the_day_before(
    valid_until: date,
) -> None:
    days = [valid_until + DAY * number for number in range(-200, 40)]
    day_by_day = [
        (day, _colour(valid_until, day))
        for day in days
        if _colour(valid_until, day) is not _colour(valid_until, day - DAY)
    ]
    assert changes(**_facts(valid_until)) == tuple(day_by_day)  # type: ignore[arg-type]


@pytest.mark.usefixtures("months")
@given(
    st.sampled_from([Colour.GREEN, Colour.YELLOW, Colour.RED]),
    st.dates(date(2026, 6, 1), date(2027, 8, 31)),
    st.integers(-100, 200),
)
def test_the_ranges_in_sql_select_what_the_functions_say(
    least: Colour, on: date, ahead: int
) -> None:
    valid_until = on + DAY * ahead
    has_it = _colour(valid_until, on).severity >= least.severity
    assert (valid_until <= latest_valid_until(least, on)) == has_it
    [first] = [
        day
        for day, then in first_days(**_facts(valid_until))  # type: ignore[arg-type]
        if then is least
    ]
    assert (valid_until <= latest_reached(least, on)) == (first <= on)


def test_more_months_colour_at_once_what_they_reach_on_their_first_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_in_place(monkeypatch, "colours", more_months)
    turns = changes(**_facts(date(2027, 2, 20)))  # type: ignore[arg-type]
    assert turns == (
        (date(2026, 12, 20), Colour.GREEN),
        (SINCE, Colour.YELLOW),
        (date(2027, 2, 21), Colour.RED),
    )
    both = first_days(**_facts(date(2027, 3, 1)))  # type: ignore[arg-type]
    assert both[:2] == ((SINCE, Colour.GREEN), (SINCE, Colour.YELLOW))


def test_fewer_months_take_a_colour_back_until_its_new_day(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put_in_place(monkeypatch, "colours", fewer_months)
    facts = _facts(date(2027, 3, 20))
    assert changes(**facts) == (  # type: ignore[arg-type]
        (date(2026, 10, 20), Colour.GREEN),
        (date(2026, 12, 20), Colour.YELLOW),
        (SINCE, Colour.NONE),
        (date(2027, 1, 20), Colour.GREEN),
        (date(2027, 2, 20), Colour.YELLOW),
        (date(2027, 3, 21), Colour.RED),
    )
    assert first_days(**facts) == (  # type: ignore[arg-type]
        (date(2026, 10, 20), Colour.GREEN),
        (date(2026, 12, 20), Colour.YELLOW),
        (date(2027, 3, 21), Colour.RED),
    )
    assert latest_valid_until(Colour.YELLOW, SINCE) == date(2027, 2, 1)
    assert latest_reached(Colour.YELLOW, SINCE) == date(2027, 3, 31)


RECORD_DAYS = st.dates(date(2023, 1, 1), date(2027, 3, 1))
SEVERITIES = st.none() | st.sampled_from(Severity)


@pytest.fixture(scope="module", params=["longer disclosure", "shorter disclosure", "other window"])
def periods(request: pytest.FixtureRequest) -> Iterator[None]:
    """A period of retention changes on `SINCE`."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "other window":
            text = window_of(TRIAL, 5)
            patch.setattr("law.disclosure.retention.load", lambda _: text)
        else:
            change = longer_periods if request.param == "longer disclosure" else shorter_periods
            put_in_place(patch, "disclosure", change)
        yield


def _record(determined_on: date, severity: Severity | None, kind: RecordKind) -> Record:
    return Record("r1", kind, determined_on, determined_on + 3 * DAY, severity=severity)


def _by_that_day(record: Record, on: date) -> tuple[bool, bool]:
    """Whether a record is evidence and disclosed on a day, by the figures of the day alone."""
    text = retention_module.load(TRIAL)  # type: ignore[attr-defined]
    rules = retention_module.disclosure_rules()  # type: ignore[attr-defined]
    window, period = text.at(on).window, in_force(rules.periods[TRIAL], on, "", "")
    last = add_years(record.entered_on, period.years)
    caps = [
        add_months(record.determined_on, cap.value.months)
        for cap in rules.ceilings
        if cap.validity.holds(on) and cap.value.severity is record.severity
    ]
    limited = [] if record.kind.positive else caps
    return on <= add_years(record.entered_on, window.years), on <= min([last, *limited])


@pytest.mark.usefixtures("periods")
@given(RECORD_DAYS, SEVERITIES, st.sampled_from([RecordKind.PENALTY, RecordKind.AWARD]))
def test_a_record_is_evidence_disclosed_and_on_file_as_each_day_says(
    determined_on: date, severity: Severity | None, kind: RecordKind
) -> None:
    record = _record(determined_on, severity, kind)
    days = [record.entered_on + DAY * number for number in range(0, 2300, 45)]
    days += [SINCE - DAY, SINCE, SINCE + DAY]
    gone = False
    for day in sorted(days):
        counts, shown = _by_that_day(record, day)
        seen = retention(TRIAL, record, day)
        assert (day <= seen.evidence_until) == counts
        assert (day <= seen.disclosed_until) == shown
        gone = gone or not (counts or shown)
        assert (seen.removed_on is not None and seen.removed_on <= day) == gone
        first_kept = still_kept_from(TRIAL, day)
        assert first_kept is not None
        assert not gone or record.determined_on < first_kept


@pytest.mark.usefixtures("periods")
@given(RECORD_DAYS, SEVERITIES)
def test_the_last_days_foretold_are_the_days_on_which_it_changes(
    determined_on: date, severity: Severity | None
) -> None:
    record = _record(determined_on, severity, RecordKind.PENALTY)
    foretold = retention(TRIAL, record, record.entered_on)
    assert _by_that_day(record, foretold.evidence_until)[0]
    assert _by_that_day(record, foretold.evidence_until + DAY)[0] is False
    if _by_that_day(record, record.entered_on)[1]:
        assert _by_that_day(record, foretold.disclosed_until)[1]
        assert _by_that_day(record, foretold.disclosed_until + DAY)[1] is False


@pytest.mark.parametrize("change", [wait(2), wait(3), one_more_fact])
@given(began=st.dates(date(2024, 6, 1), date(2027, 3, 1)), after=st.integers(0, 500))
@settings(max_examples=12)
def test_the_day_from_which_repair_is_permitted_is_the_first_on_which_it_is(
    change: Callable[[Document], None], began: date, after: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        put_in_place(patch, "repair", change)
        on = began + DAY * after
        application = Application(
            *("E", on, began, (_record(began, None, RecordKind.CRIME),)),
            confirmed=CONFIRMED,
            papers=frozenset(Paper),
        )
        permitted = [
            day
            for day in (on + DAY * number for number in range(1300))
            if check(H120, replace(application, on=day)).permitted
        ]
        assert check(H120, application).met_from == (permitted[0] if permitted else None)


@pytest.mark.parametrize(
    ("change", "figure"),
    [
        (other_days("repair", 10), lambda day: start("repair", day, CALENDAR).budget),
        (other_days("objection_total", 30), lambda day: start(FIRST, day, CALENDAR).cap),
        (other_days("objection_total", 30), lambda day: start(FIRST, day, CALENDAR).budget),
        (earlier_reminder, lambda day: definition(FIRST, day).reminders[0].working_days),
    ],
)
def test_a_term_has_the_figures_of_the_day_of_its_event(
    monkeypatch: pytest.MonkeyPatch, change: Callable[[Document], None], figure: Figure
) -> None:
    packaged = figure(SINCE - DAY)
    put_in_place(monkeypatch, "terms", change)
    versions = {day: figure(day) for day in (SINCE - 40 * DAY, SINCE - DAY, SINCE, SINCE + DAY)}
    assert versions[SINCE - 40 * DAY] == versions[SINCE - DAY] == packaged
    assert versions[SINCE] == versions[SINCE + DAY]
    derived = {
        term.valid_from for term in term_data.definitions() if figure(term.valid_from) != packaged
    }
    assert derived == ({SINCE} if versions[SINCE] != packaged else set())


def test_a_term_begun_before_a_change_keeps_its_cap_and_its_reminders(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = start(FIRST, SINCE - DAY, CALENDAR)
    moments = before.reminders(CALENDAR)
    put_in_place(monkeypatch, "terms", other_days("objection_total", 30))
    assert start(FIRST, SINCE - DAY, CALENDAR) == before
    assert (start(FIRST, SINCE, CALENDAR).budget, start(FIRST, SINCE, CALENDAR).cap) == (5, 30)
    put_in_place(monkeypatch, "terms", earlier_reminder)
    assert before.reminders(CALENDAR) == moments


@pytest.mark.parametrize(
    ("name", "change", "figure", "before", "since"),
    [
        (
            "escalation",
            slower_ladder,
            lambda day: rung(Step.GUIDANCE_LETTER, day).days,
            5,
            10,
        ),
        (
            "escalation",
            slower_ladder,
            lambda day: [one.days for one in ladder(RED_ALERT, SubjectKind.ORGANISATION, day)],
            [1, 5, 10, 10],
            [1, 10, 10, 10],
        ),
        (
            "measures",
            other_measures,
            lambda day: [one.id for one in alert_measures(Colour.RED, day)],
            ["interview", "guidance_letter"],
            ["guidance_letter"],
        ),
        (
            "measures",
            other_measures,
            lambda day: "新的激励措施" in {one.zh for one in measures(H120, "A", day)},
            False,
            True,
        ),
    ],
)
def test_what_is_asked_for_on_a_day_is_of_the_version_of_that_day(
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    change: Callable[[Document], None],
    figure: Figure,
    before: object,
    since: object,
) -> None:
    put_in_place(monkeypatch, name, change)
    assert [figure(SINCE + DAY * day) for day in (-400, -1, 0, 400)] == [
        before,
        before,
        since,
        since,
    ]


@given(
    st.sampled_from([(H120, 3), ("national-2017-566", 6), ("tianjin-pilot", 4)]),
    st.lists(st.tuples(st.sampled_from(GRADED_KINDS), RECORD_DAYS), min_size=1, max_size=3),
)
@settings(max_examples=15)
def test_a_grade_turns_on_the_days_foretold_and_on_no_other(
    change: tuple[str, int], facts: list[tuple[RecordKind, date]]
) -> None:
    text = window_of(*change)
    records = tuple(
        Record(f"r{number}", kind, day, day, final=True) for number, (kind, day) in enumerate(facts)
    )
    dossier = Dossier("S1", Sector.OPTICAL, SubjectKind.ORGANISATION, records)
    start_on = date(2026, 6, 1)
    turns = [turn.on for turn in outlook(dossier, text, start_on, date(2028, 6, 1)).turns]
    grades = [
        (day, grade(dossier, text, day).grade)
        for day in (start_on + DAY * number for number in range(732))
    ]
    day_by_day = [day for (_, old), (day, new) in pairwise(grades) if old != new]
    assert turns == [day for day in day_by_day if day <= date(2028, 6, 1)]

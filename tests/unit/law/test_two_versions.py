"""Where a figure changes on a day, what is derived agrees with each day by its own figures."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
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
from tests.unit.law.versions import SINCE, fewer_months, more_months, put_in_place

DAY = timedelta(days=1)


@pytest.fixture(scope="module", params=[more_months, fewer_months])
def months(request: pytest.FixtureRequest) -> object:
    """Colour data of two versions."""
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

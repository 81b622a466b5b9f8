"""The counts of a part of the colour board hold on every day, against the law's own colours."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from law.colours.basis import Basis
from law.colours.rule import Colour, InstrumentState, VerificationResult, changes
from services.alerts.board_parts import Part

FIRST = date(2027, 12, 20)
LAST_DAYS = [FIRST + timedelta(days=n) for n in range(0, 130, 3)]
DAYS = [FIRST + timedelta(days=n) for n in (-90, -31, 0, 1, 12, 42, 69, 70, 71, 101, 200)]


@pytest.fixture
def part() -> Part:
    part = Part()
    for number, last_day in enumerate(LAST_DAYS, start=1):
        part.add(Basis.DATED, last_day, number)
    return part


def colour(last_day: date, on: date) -> Colour:
    coming = changes(
        valid_until=last_day, state=InstrumentState.IN_USE, last_result=VerificationResult.PASS
    )
    return next((then for day, then in reversed(coming) if day <= on), Colour.NONE)


@pytest.mark.parametrize("on", DAYS, ids=str)
def test_colours_on_a_day(part: Part, on: date) -> None:
    expected = Counter[Colour]()
    for number, last_day in enumerate(LAST_DAYS, start=1):
        expected[colour(last_day, on)] += number
    assert part.colours(on) == dict(expected)


def test_what_has_no_day_keeps_its_colour(part: Part) -> None:
    before = part.colours(FIRST)
    for basis in (Basis.REJECTED, Basis.REPAIRED, Basis.UNVERIFIED):
        part.add(basis, None, 2)
    part.add(Basis.UNDATED, None, 5)
    part.add(Basis.OUT_OF_USE, FIRST, 7)  # its day decides nothing
    after = part.colours(FIRST)
    assert after[Colour.RED] - before.get(Colour.RED, 0) == 6
    assert after[Colour.NONE] - before.get(Colour.NONE, 0) == 12


def test_nothing_is_counted_of_an_empty_part() -> None:
    assert Part().colours(FIRST) == {}
    assert list(Part().last_days(FIRST, LAST_DAYS[-1])) == []


def test_last_days_include_both_ends(part: Part) -> None:
    assert list(part.last_days(LAST_DAYS[1], LAST_DAYS[3])) == [
        (LAST_DAYS[1], 2),
        (LAST_DAYS[2], 3),
        (LAST_DAYS[3], 4),
    ]
    assert list(part.last_days(LAST_DAYS[1] + timedelta(days=1), LAST_DAYS[2])) == [
        (LAST_DAYS[2], 3)
    ]

"""The day on which orders are expected to be completed: the queue, what is stated, working days."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import pytest

from law.terms.workdays import edition, nth_working_day
from plumbing import capacities
from plumbing.capacities import Figure
from services.registry.orders.expecting import Expected, Used, expect

CALENDAR = edition(8)  # with the arrangement of 2026, without that of 2027
MONDAY = date(2026, 9, 14)


def figure(types: str, per_day: int, from_on: date = date(2026, 1, 1)) -> Figure:
    return Figure(frozenset(types.split()), per_day, from_on)


def day_of(found: Expected) -> date:
    assert found.day is not None
    return found.day.date


@pytest.mark.parametrize(
    ("ahead", "wanted", "day"),
    [
        (0, 1, date(2026, 9, 15)),  # nobody waits: the next working day
        (9, 1, date(2026, 9, 15)),
        (10, 1, date(2026, 9, 16)),
        (0, 25, date(2026, 9, 17)),
        (40, 1, date(2026, 9, 20)),  # a Sunday that is worked
        (70, 1, date(2026, 9, 23)),
        (90, 1, date(2026, 9, 28)),  # the 25th to the 27th are off
    ],
)
def test_queue_over_capacity_in_working_days(ahead: int, wanted: int, day: date) -> None:
    stated = figure("FUEL", 10)
    found = expect({"FUEL": ahead}, {"FUEL": wanted}, [stated], MONDAY, CALENDAR)
    assert day_of(found) == day
    assert found.used == (Used(stated, ahead),)


def test_types_of_one_figure_share_it_and_others_do_not_wait() -> None:
    shared, own = figure("FUEL TAXI", 10), figure("CNG", 1)
    ahead = {"FUEL": 10, "TAXI": 5, "CNG": 3, "SCALE": 500}
    found = expect(ahead, {"FUEL": 1}, [shared, own], MONDAY, CALENDAR)
    assert day_of(found) == date(2026, 9, 16)  # 15 are ahead
    assert found.used == (Used(shared, 15),)
    both = expect(ahead, {"FUEL": 1, "CNG": 1}, [shared, own], MONDAY, CALENDAR)
    assert day_of(both) == date(2026, 9, 18)  # the fourth CNG, one a day
    assert {one.figure: one.ahead for one in both.used} == {shared: 15, own: 3}


def test_a_figure_holds_from_its_day_on() -> None:
    slow, fast = figure("FUEL", 1), figure("FUEL", 20, date(2026, 9, 17))
    found = expect({"FUEL": 10}, {"FUEL": 1}, [fast, slow], MONDAY, CALENDAR)
    assert day_of(found) == date(2026, 9, 17)  # one on the 15th, one on the 16th, then the rest
    assert found.used == (Used(slow, 10), Used(fast, 8))
    waits = expect({}, {"FUEL": 1}, [fast], MONDAY, CALENDAR)
    assert day_of(waits) == date(2026, 9, 17)  # of the days before nothing is stated


def test_a_later_figure_for_one_type_leaves_the_others_theirs() -> None:
    shared, own = figure("FUEL TAXI", 10), figure("FUEL", 2, date(2026, 9, 16))
    found = expect({"TAXI": 20}, {"TAXI": 1}, [shared, own], MONDAY, CALENDAR)
    assert day_of(found) == date(2026, 9, 17)
    apart = expect({"FUEL": 12, "TAXI": 0}, {"FUEL": 1}, [shared, own], MONDAY, CALENDAR)
    assert day_of(apart) == date(2026, 9, 17)  # ten on the 15th, two on the 16th
    assert apart.used == (Used(shared, 12), Used(own, 2))


def test_nothing_stands_in_for_what_is_not_stated() -> None:
    fuel = figure("FUEL", 10)
    none = expect({}, {"FUEL": 1, "TAXI": 1}, [fuel], MONDAY, CALENDAR)
    assert (none.day, none.without) == (None, ["TAXI"])
    ended = figure("FUEL", 0, date(2026, 9, 16))
    soon = expect({"FUEL": 5}, {"FUEL": 1}, [fuel, ended], MONDAY, CALENDAR)
    assert day_of(soon) == date(2026, 9, 15)
    late = expect({"FUEL": 50}, {"FUEL": 1}, [fuel, ended], MONDAY, CALENDAR)
    assert (late.day, late.without) == (None, ["FUEL"])


def test_a_day_in_a_year_without_arrangement_is_provisional() -> None:
    near = expect({"FUEL": 60}, {"FUEL": 1}, [figure("FUEL", 1)], MONDAY, CALENDAR)
    far = expect({"FUEL": 90}, {"FUEL": 1}, [figure("FUEL", 1)], MONDAY, CALENDAR)
    assert near.day
    assert far.day
    assert (near.day.provisional, far.day.provisional) == (False, True)


def test_a_long_queue_is_not_counted_day_by_day(monkeypatch: pytest.MonkeyPatch) -> None:
    types = [f"T{n}" for n in range(100)]
    stated = figure(" ".join(types), 1)
    asked = list[date]()
    look_up = capacities.holding

    def holding(code: str, day: date, figures: Collection[Figure]) -> Figure | None:
        asked.append(day)
        return look_up(code, day, figures)

    monkeypatch.setattr(capacities, "holding", holding)
    found = expect(dict.fromkeys(types, 100), {"T99": 1}, [stated], MONDAY, CALENDAR)
    assert found.day == nth_working_day(MONDAY, 10_001, CALENDAR)
    assert len({*asked}) == 1


def test_days_on_which_nothing_is_stated_are_passed_over_to_the_next_figure() -> None:
    ended, again = figure("FUEL", 0, date(2026, 9, 16)), figure("FUEL", 5, date(2027, 9, 1))
    found = expect({"FUEL": 12}, {"FUEL": 1}, [figure("FUEL", 10), ended, again], MONDAY, CALENDAR)
    assert day_of(found) == date(2027, 9, 1)  # ten on the 15th, three a year later

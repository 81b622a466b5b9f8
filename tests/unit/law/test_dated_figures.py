"""A figure of the law holds from its first to its last day; on other days it is an error."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from law.errors import Fault, NotInForce
from law.figures import Validity, Version, in_force, in_force_or_next
from law.reader.data_file import note_rivals, read_validity
from law.reader.strict_reader import Reader

FIRST = Version("old", "S4 一(一)", Validity(date(2021, 9, 30), date(2026, 3, 31)))
SECOND = Version("new", "S4 一(二)", Validity(date(2026, 5, 1), None))


@pytest.mark.parametrize(
    ("on", "found"),
    [
        (date(2021, 9, 30), "old"),
        (date(2026, 3, 31), "old"),
        (date(2026, 5, 1), "new"),
        (date.max, "new"),
    ],
)
def test_a_figure_holds_from_its_first_to_its_last_day(on: date, found: str) -> None:
    assert in_force([FIRST, SECOND], on, "期限", "the term") == found


@pytest.mark.parametrize("on", [date(2021, 9, 29), date(2026, 4, 1), date(2026, 4, 30)])
def test_a_figure_outside_its_days_is_refused_with_its_article(on: date) -> None:
    with pytest.raises(NotInForce) as refused:
        in_force([FIRST, SECOND], on, "期限", "the term")
    assert refused.value.cite == "S4 一(一); S4 一(二)"
    assert refused.value.zh == f"{on}时“期限”无效力"
    assert refused.value.en == f"the term is not in force on {on}"
    assert [fault.field for fault in refused.value.faults] == ["on"]


def test_counting_back_uses_the_next_figure_and_never_an_ended_one() -> None:
    assert in_force_or_next([SECOND, FIRST], date(2020, 1, 1), "期限", "the term") == "old"
    assert in_force_or_next([SECOND, FIRST], date(2026, 4, 1), "期限", "the term") == "new"
    with pytest.raises(NotInForce) as refused:
        in_force_or_next([FIRST], date(2026, 4, 1), "期限", "the term")
    assert refused.value.zh == "2026-04-01时“期限”无效力"
    assert refused.value.en == "the term is not in force on 2026-04-01"
    assert refused.value.cite == "S4 一(一)"


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ((None, None), (None, None), True),
        ((None, date(2026, 1, 1)), (date(2026, 1, 1), None), True),
        ((None, date(2026, 1, 1)), (date(2026, 1, 2), None), False),
        ((date(2026, 1, 2), None), (None, date(2026, 1, 1)), False),
        ((date(2026, 1, 1), date(2026, 1, 1)), (date(2026, 1, 1), date(2026, 1, 1)), True),
    ],
)
def test_two_periods_meet_where_they_share_a_day(one: Any, other: Any, meet: bool) -> None:
    assert Validity(*one).meets(Validity(*other)) is meet


def test_a_figure_may_hold_for_a_single_day() -> None:
    faults: list[Fault] = []
    day = date(2026, 4, 30)
    assert read_validity(Reader({"valid_from": day, "valid_to": day}, "", faults)) == Validity(
        day, day
    )
    assert faults == []


@pytest.mark.parametrize("last", [date(2026, 4, 30), date(2026, 5, 1)])
def test_two_figures_of_one_day_are_a_fault_and_of_two_days_are_not(last: date) -> None:
    faults: list[Fault] = []
    periods = [Validity(None, last), SECOND.validity]
    note_rivals(Reader({}, "terms[0]", faults), "days", periods)
    zh, en = "同一日有多个数值有效", "several versions hold on one day"
    told = [Fault("terms[0].days", zh, en, cite="D-08")]
    assert faults == (told if last == date(2026, 5, 1) else [])

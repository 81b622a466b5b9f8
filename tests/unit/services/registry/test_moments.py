"""Moments and values as people write them in files, and the hours of a verification."""

from __future__ import annotations

import pytest

from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.moments import moment
from services.registry.laboratories.hours import decimal, hours_of, hundredths, text_of


@pytest.mark.parametrize(
    "cell",
    [
        *("2026-10-08T09:30", "2026-10-08 9:30", "2026/10/8 09:30:15", "2026年10月8日9时30分"),
        *("20261008 09:30", "2026-10-08 09：30"),
    ],
)
def test_a_moment_is_read_in_any_usual_writing(cell: str) -> None:
    assert moment(cell) == "2026-10-08T09:30"


@pytest.mark.parametrize(
    "cell", ["2026-10-08", "09:30", "2026-13-08 09:30", "2026-10-08 25:00", ""]
)
def test_what_is_no_moment_is_refused(cell: str) -> None:
    with pytest.raises(BadCell):
        moment(cell)


@pytest.mark.parametrize(
    ("begun", "ended", "hours"),
    [
        ("09:00", "11:00", ["09:00", "10:00"]),
        ("09:30", "11:15", ["09:00", "10:00", "11:00"]),
        ("09:10", "09:20", ["09:00"]),
        ("09:00", "09:00", ["09:00"]),
    ],
)
def test_the_hours_of_the_work_are_those_that_it_touched(
    begun: str, ended: str, hours: list[str]
) -> None:
    found = hours_of(f"2026-10-08T{begun}", f"2026-10-08T{ended}")
    assert [text_of(one)[11:] for one in found] == hours


@pytest.mark.parametrize(
    ("text", "value"),
    [("20.5", 2050), ("-5.25", -525), ("0", 0), ("-0.5", -50), ("20.555", None), ("1e3", None)],
)
def test_values_are_kept_in_hundredths(text: str, value: int | None) -> None:
    assert hundredths(text) == value
    assert value is None or decimal(value) == text

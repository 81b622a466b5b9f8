"""No instrument is due for replacement before anything had to be verified, or never."""

from __future__ import annotations

from datetime import date

import pytest

from law.errors import Fault
from law.reader.strict_reader import Reader
from services.registry.validation import read_instrument

TODAY = date(2026, 9, 15)


@pytest.mark.parametrize(
    ("day", "fields"),
    [
        ("1900-01-01", ["rotate_on"]),
        ("1986-06-30", ["rotate_on"]),
        ("1986-07-01", []),
        ("2032-09-01", []),
        (None, []),
    ],
)
def test_a_day_before_the_law_is_no_day_of_replacement(day: str | None, fields: list[str]) -> None:
    faults: list[Fault] = []
    values = {"subject_id": "s", "type_code": "WATER-S25", "serial_no": "1", "rotate_on": day}
    read_instrument(Reader(values, "", faults), TODAY)
    assert [fault.field for fault in faults] == fields
    assert [fault.cite for fault in faults] == ["METROLOGY-LAW 9; METROLOGY-LAW 34"] * len(fields)


@pytest.mark.parametrize(("day", "fields"), [("2046-09-15", []), ("2046-09-16", ["rotate_on"])])
def test_a_day_that_nobody_will_see_is_refused(day: str, fields: list[str]) -> None:
    faults: list[Fault] = []
    values = {"subject_id": "s", "type_code": "WATER-S25", "serial_no": "1", "rotate_on": day}
    read_instrument(Reader(values, "", faults), TODAY)
    assert [fault.field for fault in faults] == fields
    assert all("2046-09-15" in fault.message_zh for fault in faults)


def test_a_day_that_is_on_file_hinders_no_other_change() -> None:
    faults: list[Fault] = []
    values = {"subject_id": "s", "type_code": "WATER-S25", "serial_no": "1"}
    values["rotate_on"] = "2099-09-01"
    filed = date(2099, 9, 1)
    read = read_instrument(Reader(values, "", faults), TODAY, rotates_on=filed)
    assert (read.rotate_on, faults) == (filed, [])
    read_instrument(
        Reader({**values, "rotate_on": "2099-09-02"}, "", faults), TODAY, rotates_on=filed
    )
    assert [fault.field for fault in faults] == ["rotate_on"]

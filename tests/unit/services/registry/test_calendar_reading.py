"""The file of an arrangement: however its lines end, whatever day it names, a fault has a place."""

from __future__ import annotations

from datetime import date

import pytest

from law.errors import InvalidInput
from services.registry.calendars.reading import read_arrangement

FILE = """年份,2027
文号,国办发明电〔2026〕99号
标题,国务院办公厅关于2027年部分节假日安排的通知
公布日期,2026-11-10
放假,2027-01-01..2027-01-03
上班,2027-01-09
"""


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_line_may_end_in_any_way(ends: str) -> None:
    read = read_arrangement(FILE.replace("\n", ends).encode(), "ab" * 32)
    assert read.off == {date(2027, 1, day) for day in (1, 2, 3)}
    assert read.work == {date(2027, 1, 9)}
    assert read.published_on == date(2026, 11, 10)


@pytest.mark.parametrize(
    ("written", "field"),
    [
        ("9999-12-01..9999-12-31", ""),
        ("9999-12-31", ""),
        ("9999-12-31..2027-01-01", "days_off"),
        ("2027-01-01..2027-02-02", "days_off"),
        ("2027-13-01", "days_off"),
    ],
)
def test_a_span_of_days_is_read_or_named(written: str, field: str) -> None:
    content = FILE.replace("2027-01-01..2027-01-03", written).encode()
    if not field:
        assert date.max in read_arrangement(content).off
        return
    with pytest.raises(InvalidInput) as refused:
        read_arrangement(content)
    assert [(fault.field, fault.row) for fault in refused.value.faults] == [(field, 5)]


def test_a_cell_without_end_is_refused() -> None:
    content = FILE.replace("标题,", f"标题,{'长' * 140_000}").encode()
    with pytest.raises(InvalidInput) as refused:
        read_arrangement(content)
    assert "content" in {fault.field for fault in refused.value.faults}

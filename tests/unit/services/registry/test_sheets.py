"""Small files of rows: read whole, with no more rows than one transaction takes."""

from __future__ import annotations

import pytest

from law.errors import InvalidInput
from services.registry.imports.read.limits import FileLimits
from services.registry.sheets import MOST_ROWS, Columns, read_rows

COLUMNS = Columns(headings={"number": ("编号",), "name": ("名称",)}, needed=("number",))


def content(rows: int) -> bytes:
    """A file with so many rows below its headings, and a blank one."""
    return "\n".join(["编号,名称", "", *(f"{n},甲" for n in range(rows))]).encode()


def test_rows_keep_their_numbers_and_blank_cells_are_left_out() -> None:
    rows = read_rows(b"\xe7\xbc\x96\xe5\x8f\xb7,x\n\n7,1\n8\n", COLUMNS, FileLimits())
    assert [(row.number, row.cells) for row in rows] == [(3, {"number": "7"}), (4, {"number": "8"})]


def test_a_file_has_at_most_as_many_rows_as_one_transaction_takes() -> None:
    assert len(read_rows(content(MOST_ROWS), COLUMNS, FileLimits())) == MOST_ROWS
    with pytest.raises(InvalidInput) as refused:
        read_rows(content(MOST_ROWS + 1), COLUMNS, FileLimits())
    assert [(one.field, str(MOST_ROWS) in one.message_zh) for one in refused.value.faults] == [
        ("content", True)
    ]


def test_a_file_without_a_needed_column_says_which() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_rows("名称\n甲\n".encode(), COLUMNS, FileLimits())
    assert "编号" in refused.value.faults[0].message_zh


def test_a_heading_that_two_columns_have_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_rows("编号,名称,名称\n1,甲,乙\n".encode(), COLUMNS, FileLimits())
    assert "“名称”" in refused.value.faults[0].message_zh
    assert read_rows("编号,备注,备注\n1,甲,乙\n".encode(), COLUMNS, FileLimits())

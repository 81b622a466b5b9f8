"""Small files of rows: read whole, with no more rows than one transaction takes."""

from __future__ import annotations

import io
from types import ModuleType

import pytest
import xlsxwriter

from law.errors import InvalidInput
from protos.registry.v1 import upkeep_pb2 as pb
from services.registry.filing import reading
from services.registry.imports.read.limits import FileLimits
from services.registry.institutions import from_file
from services.registry.laboratories import recording
from services.registry.orders import numbers
from services.registry.people import commands as people
from services.registry.sheets import MOST_ROWS, Columns, read_sheet
from services.registry.upkeep import commands as upkeep
from tests.unit.services.registry.workbooks import patched

COLUMNS = Columns(headings={"number": ("编号",), "name": ("名称",)}, needed=("number",))


def content(rows: int) -> bytes:
    """A file with so many rows below its headings, and a blank one."""
    return "\n".join(["编号,名称", "", *(f"{n},甲" for n in range(rows))]).encode()


def test_rows_keep_their_numbers_and_blank_cells_are_left_out() -> None:
    rows = read_sheet(b"\xe7\xbc\x96\xe5\x8f\xb7,x\n\n7,1\n8\n", COLUMNS, FileLimits()).rows
    assert [(row.number, row.cells) for row in rows] == [(3, {"number": "7"}), (4, {"number": "8"})]


def test_a_file_has_at_most_as_many_rows_as_one_transaction_takes() -> None:
    assert len(read_sheet(content(MOST_ROWS), COLUMNS, FileLimits()).rows) == MOST_ROWS
    with pytest.raises(InvalidInput) as refused:
        read_sheet(content(MOST_ROWS + 1), COLUMNS, FileLimits())
    assert [(one.field, str(MOST_ROWS) in one.message_zh) for one in refused.value.faults] == [
        ("content", True)
    ]


def test_a_file_without_a_needed_column_says_which() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_sheet("名称\n甲\n".encode(), COLUMNS, FileLimits())
    assert "编号" in refused.value.faults[0].message_zh


def test_a_heading_that_two_columns_have_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        read_sheet("编号,名称,名称\n1,甲,乙\n".encode(), COLUMNS, FileLimits())
    assert "“名称”" in refused.value.faults[0].message_zh
    assert read_sheet("编号,备注,备注\n1,甲,乙\n".encode(), COLUMNS, FileLimits()).rows


OTHERS = Columns(
    headings={"serial_no": ("出厂编号", "器具编号"), "what": ("内容",)}, needed=("serial_no",)
)


@pytest.mark.parametrize(
    ("heads", "unread"),
    [
        ("出厂编号,内容", []),
        ("*出厂编号,内容,", []),
        ("serial_no,what", []),
        ("出厂编号,内 容,备注", ["备注"]),
        ("序号,器具编号,內容说明", ["序号", "內容说明"]),
    ],
)
def test_headings_that_name_no_field_are_said(heads: str, unread: list[str]) -> None:
    sheet = read_sheet(f"{heads}\n1,2,3\n".encode(), OTHERS, FileLimits())
    assert [*sheet.unread.headings] == unread
    answer = pb.ImportUpkeepResponse()
    sheet.tell_unread(answer)
    assert answer.HasField("unread") == bool(unread)
    for one in unread:
        assert one in answer.unread.message_zh
        assert one in answer.unread.message_en
    if unread:
        assert answer.unread.message_zh.startswith("第 1 行")
        assert answer.unread.message_zh.endswith("认识的列名：出厂编号、内容。")
        assert answer.unread.message_en.endswith("Known are: serial_no, what.")


def test_of_very_many_the_first_are_named_and_all_are_counted() -> None:
    others = [f"列{n}" for n in range(50)]
    sheet = read_sheet(f"出厂编号,{','.join(others)}\n1\n".encode(), OTHERS, FileLimits())
    assert [*sheet.unread.headings] == others
    assert "“列19”等 50 个" in sheet.unread.message_zh
    assert "列19 and 30 more" in sheet.unread.message_en
    assert "列20" not in sheet.unread.message_zh


@pytest.mark.parametrize("kind", [from_file, numbers, people, reading, recording, upkeep])
@pytest.mark.parametrize("shown", ["#N/A", ""])
def test_a_formula_without_a_value_is_refused_in_each_column(kind: ModuleType, shown: str) -> None:
    columns: Columns = kind.COLUMNS
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet()
        page.write_row(0, 0, [*map(columns.heading, columns.headings), "备注"])
        page.write_row(1, 0, ["甲"] * len(columns.headings))
        for place in range(len(columns.headings) + 1):
            page.write_formula(place + 2, place, "=NA()", None, shown or "#N/A")
            page.write_string(place + 2, place + 1, "甲")
    content = file.getvalue()
    if not shown:  # as of a program that did not compute it
        content = patched(content, "xl/worksheets/sheet1.xml", b"<v>#N/A</v>", b"")
    with pytest.raises(InvalidInput) as refused:
        read_sheet(content, columns, FileLimits())
    named = [(one.row, one.column) for one in refused.value.faults]
    assert named == [*enumerate(map(columns.heading, columns.headings), 3)]
    assert {"公式没有可用的结果" in one.message_zh for one in refused.value.faults} == {True}

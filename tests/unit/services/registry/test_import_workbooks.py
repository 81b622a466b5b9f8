"""Reading workbooks: sheets, headers, cells of every kind, formulas and merged cells."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import pytest
import xlsxwriter

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read.workbook_parts import column_of, letters_of
from services.registry.imports.read.workbook_subprocess import digits_of
from services.registry.imports.rows.faults import Note
from services.registry.imports.rows.file import FileContent, read_file
from tests.unit.services.registry.workbooks import patched, xlsx

TODAY = date(2026, 9, 14)
FLEET = ("使用单位", "器具类型", "出厂编号", "轮换日期")
MOMENT = datetime(2027, 3, 1, 10, 30)  # noqa: DTZ001 - as a workbook keeps it
Rows = Sequence[Sequence[Any]]


def read_rows(content: bytes, family: str = "instruments", **header: Any) -> FileContent:
    return read_file(pb.ImportHeader(family=family, **header), content, TODAY)


def faults(done: FileContent) -> list[tuple[int, str, str, str]]:
    """Row, column, cell and reason of every fault."""
    return [(n.row, n.column, n.cell, n.reason) for n in done.notes.in_order() if not n.warning]


def warned(done: FileContent) -> list[Note]:
    return [note for note in done.notes.in_order() if note.warning]


def test_a_workbook_is_read() -> None:
    done = read_rows(
        xlsx([FLEET, ("甲", "NAWI-D", "007", date(2027, 3, 1)), ("乙", "W", "8", None)])
    )
    assert (done.encoding, done.sheet, done.rows) == ("xlsx", "器具", 2)
    assert faults(done) == []
    assert [item.values for item in done.items] == [
        {
            "owner": "甲",
            "type_code": "NAWI-D",
            "serial_no": "007",
            "rotate_on": date(2027, 3, 1),
        },
        {"owner": "乙", "type_code": "W", "serial_no": "8"},
    ]


@pytest.mark.parametrize("number", [123456789012345678, 7, 7.5, 1e15])
def test_an_identifier_kept_as_a_number_is_refused_with_its_cell(number: float) -> None:
    done = read_rows(xlsx([FLEET, ("甲", "NAWI-D", number, None), ("甲", "NAWI-D", "7", None)]))
    assert faults(done) == [(2, "出厂编号", "C2", "NUMBER_FOR_TEXT")]
    [note] = done.notes.notes
    assert "文本格式" in note.zh
    assert "as text" in note.en
    assert [item.row for item in done.items] == [3]


def test_numbers_that_may_have_lost_digits_say_so() -> None:
    seen = [digits_of(n) for n in (7.0, 0.5, 123456789012345.0, 1234567890123456.0)]
    assert seen == ["7", "0.5", "123456789012345", "1.23456789012346e+15"]
    done = read_rows("使用单位,器具类型,出厂编号\n甲,W,1.23457E+17\n".encode())
    assert faults(done) == [(2, "出厂编号", "", "SCIENTIFIC")]


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        (date(2027, 3, 1), date(2027, 3, 1)),
        (46447, date(2027, 3, 1)),
        (46447.5, date(2027, 3, 1)),
        (MOMENT, MOMENT.date()),
        (20270301, date(2027, 3, 1)),
        ("2027年3月1日", date(2027, 3, 1)),
        ("2027.3.1", date(2027, 3, 1)),
        ("２０２７／３／１", date(2027, 3, 1)),
    ],
)
def test_days_in_every_form(cell: Any, day: date) -> None:
    done = read_rows(xlsx([FLEET, ("甲", "W", "1", cell)]))
    assert faults(done) == []
    assert done.items[0].values["rotate_on"] == day


@pytest.mark.parametrize("cell", [2027, 2027.5, 20271301, True])
def test_what_is_no_day_is_not_guessed(cell: Any) -> None:
    done = read_rows(xlsx([FLEET, ("甲", "W", "1", cell)]))
    assert [fault[:3] for fault in faults(done)] == [(2, "轮换日期", "D2")]


def test_days_that_may_count_from_1904_are_not_guessed() -> None:
    rows = [FLEET, ("甲", "W", "1", 46447), ("甲", "W", "2", date(2027, 3, 1))]
    done = read_rows(xlsx(rows, date_1904=True))
    assert faults(done) == [(2, "轮换日期", "D2", "NOT_A_DATE")]
    assert [item.values["rotate_on"] for item in done.items] == [date(2027, 3, 1)]


def test_the_header_is_found_below_titles_and_away_from_the_corner() -> None:
    rows = [
        (None, "某某市场在用计量器具登记表"),
        (None, "填表日期：", "2026年9月"),
        (),
        (None, *FLEET, "备注"),
        (),
        (None, "甲", "W", None, None, "x"),
    ]
    done = read_rows(xlsx(rows))
    assert faults(done) == [(6, "出厂编号", "D6", "MISSING")]
    assert [(n.column, n.cell) for n in warned(done)] == [("备注", "F4")]


def test_a_faulty_header_names_its_own_row_and_cell() -> None:
    done = read_rows(xlsx([("登记表",), ("使用单位", "器具类型", "出厂编号", "出厂编号"), ("甲",)]))
    assert faults(done) == [(2, "出厂编号", "C2", "DUPLICATE_COLUMN")]
    done = read_rows(xlsx([("登记表",), ("使用单位", "器具类型"), ("甲",)]))
    assert faults(done) == [(2, "serial_no", "", "MISSING_COLUMN")]


def test_the_first_sheet_that_holds_something_is_read_and_the_others_are_told_of() -> None:
    sheets: dict[str, Rows] = {
        "空": [],
        "一": [FLEET, ("甲", "W", "1")],
        "二": [("另",)],
        "字段说明": [("x",)],
    }
    content = xlsx(sheets)
    done = read_rows(content)
    assert (done.sheet, done.rows) == ("一", 1)
    assert [(n.reason, "二" in n.zh, "字段说明" in n.zh) for n in warned(done)] == [
        ("OTHER_SHEETS", True, False)
    ]
    assert read_rows(content, sheet="二").sheet == "二"
    done = read_rows(content, sheet="三")
    assert faults(done) == [(1, "", "", "NO_SUCH_SHEET")]
    assert "一" in done.notes.notes[0].zh
    assert faults(read_rows(content, sheet="空")) == [(1, "", "", "EMPTY_FILE")]


def test_a_cell_merged_over_rows_counts_for_each_and_that_is_told() -> None:
    rows = [FLEET, ("甲", "W", "1"), (None, "W", "2"), (None,), (None, "W", "3"), ("乙", "W", "4")]
    done = read_rows(xlsx(rows, merged=[(1, 0, 4, 0)]))
    assert [(i.row, i.values["owner"]) for i in done.items] == [
        (2, "甲"),
        (3, "甲"),
        (5, "甲"),
        (6, "乙"),
    ]
    assert [(n.reason, n.cell) for n in warned(done)] == [("MERGED_CELLS", "A3")]


def test_the_value_of_a_formula_is_taken_and_a_failed_one_is_refused() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet("器具")
        for x, name in enumerate((*FLEET, "型号规格")):
            page.write_string(0, x, name)
        for y in range(1, 4):
            page.write_row(y, 0, ("甲", "W"))
            page.write_formula(y, 2, '="S"&1', None, f"S{y}")
        page.write_formula(1, 4, "=A1", None, "型")
        page.write_formula(2, 4, "=1/0", None, "#DIV/0!")
        page.write_formula(3, 4, "=A2", None, "待除")
    content = patched(file.getvalue(), "xl/worksheets/sheet1.xml", "<v>待除</v>".encode(), b"")
    done = read_rows(content)
    assert done.items[0].values == {
        "owner": "甲",
        "type_code": "W",
        "serial_no": "S1",
        "model": "型",
    }
    assert faults(done) == [
        (3, "型号规格", "E3", "FAILED_FORMULA"),
        (4, "型号规格", "E4", "FAILED_FORMULA"),
    ]
    assert done.notes.notes[0].value == "#DIV/0!"


def test_a_cell_beside_the_columns_is_a_fault_and_short_rows_are_none() -> None:
    done = read_rows(xlsx([FLEET, ("甲", "W", "1"), ("甲", "W", "2", None, None, "旁注")]))
    assert faults(done) == [(3, "", "F3", "OUTSIDE")]
    assert [item.row for item in done.items] == [2]


def test_flags_and_points_are_read_of_their_own_kinds_of_cells() -> None:
    columns = ("使用单位", "信息类别", "发生日期", "认定日期", "文书编号", "分值", "经核实")
    rows = [
        columns,
        ("甲", "行政处罚", date(2026, 8, 1), date(2026, 9, 1), "罚1", 3, True),
        ("甲", "行政处罚", date(2026, 8, 1), date(2026, 9, 1), "罚2", 3.5, 0),
        ("甲", 5, date(2026, 8, 1), date(2026, 9, 1), "罚3", 3, "是"),
    ]
    done = read_rows(xlsx(rows), "records")
    assert (done.items[0].values["points"], done.items[0].values["verified"]) == (3, True)
    assert faults(done) == [
        (3, "分值", "F3", "NOT_A_NUMBER"),
        (4, "信息类别", "B4", "NOT_A_CHOICE"),
    ]


def test_rows_come_back_as_they_stood_in_the_sheet() -> None:
    done = read_rows(xlsx([FLEET, ("甲", "W", 12, date(2027, 3, 1)), ("乙", "W", "2")]))
    assert [(row.number, row.cells) for row in done.rejected({2})] == [
        (2, ["甲", "W", "12", "2027-03-01"])
    ]


@pytest.mark.parametrize(
    ("place", "letters"), [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (16383, "XFD")]
)
def test_columns_have_letters(place: int, letters: str) -> None:
    assert letters_of(place) == letters
    assert column_of(letters) == place

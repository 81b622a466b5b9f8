"""What is left of a file of published penalties before anything of it is stored."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from datetime import date

import pytest
import xlsxwriter

from law.errors import InvalidInput
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.batch.files import files_of
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.file import FileContent, read_file
from services.registry.imports.rows.penalty_cells import amount, published_code, published_severity
from services.registry.imports.rows.published_file import (
    without_personal_data,
    without_published_sheets,
)
from tests.unit.services.registry.workbooks import patched, written, xlsx

HEADER = pb.ImportHeader(family="penalties", mode="good_rows")
LIMITS = FileLimits()
BASIS = "《中华人民共和国计量法》第二十五条"
PERSON, ID_NUMBER = "欧阳测试", "110101199003074119"
COLUMNS = (
    *("行政相对人名称", "行政相对人类别", "行政相对人代码_1(统一社会信用代码)"),
    *("法定代表人", "证件号码", "行政处罚决定书文号", "违法事实", "处罚依据", "处罚决定日期"),
)
KIND, CODE = COLUMNS[1:3]


def text(*rows: tuple[str, ...]) -> bytes:
    """A CSV file of these rows."""
    file = io.StringIO(newline="")
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()


def left(content: bytes) -> FileContent:
    """A file as it is read after what may not be stored was taken out."""
    kept = without_personal_data(HEADER, content, LIMITS)
    assert ID_NUMBER not in written(kept)
    assert PERSON not in written(kept)
    return read_file(HEADER, kept, date(2026, 9, 14))


def row(name: str = "样例店", number: str = "罚〔2026〕1号", **values: str) -> tuple[str, ...]:
    """One row, by default of a firm."""
    given = {"行政相对人名称": name, KIND: "法人及非法人组织", "法定代表人": PERSON}
    given |= {"行政处罚决定书文号": number, "违法事实": f"{PERSON}：{ID_NUMBER}"}
    given |= {"处罚依据": BASIS, "处罚决定日期": "2026-08-10"}
    given |= values
    return tuple(given.get(column, "") for column in COLUMNS)


def test_a_row_keeps_its_place_and_loses_its_persons() -> None:
    file = left(text(("第36周",), COLUMNS, (), row()))
    [item] = file.items
    assert (item.row, item.values["facts"]) == (4, "＊＊＊:＊＊＊")
    assert item.values["owner"] == "样例店"


def test_the_template_of_natural_persons_leaves_nothing() -> None:
    rows = row(证件号码=ID_NUMBER, **{KIND: ""}), row(证件号码="护照G123", **{KIND: ""})
    file = left(text(COLUMNS, *rows))
    assert (file.rows, file.left_out, file.notes.bad_rows) == (0, 2, set())
    assert {note.reason for note in file.notes.notes if note.row > 1} == {"NATURAL_PERSON"}


def test_a_party_is_a_person_unless_the_row_tells_otherwise() -> None:
    codes = "91330106MA00000016", "913301", "0" * 18, ID_NUMBER, ""
    rows = [row(**{KIND: kind, CODE: code}) for kind in ("", "其他") for code in codes]
    rows = [row("有代码", **{KIND: "", CODE: codes[0]}), *rows, row(**{KIND: "自然人"})]
    file = left(text(COLUMNS, *rows))
    assert [item.row for item in file.items] == [2, 3, 8]
    reasons = [(note.row, note.reason) for note in file.notes.notes if note.row > 1]
    unknown = [(number, "UNKNOWN_PARTY") for number in (4, 5, 6, 7, 9, 10, 11, 12)]
    assert reasons == [*unknown, (13, "NATURAL_PERSON")]


def test_other_sheets_of_a_workbook_are_kept_without_the_published_ones() -> None:
    permits = ("行政许可决定文书号", "证件号码"), ("许准1号", ID_NUMBER)
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        fleet = book.add_worksheet("器具")
        fleet.write_row(0, 0, ("使用单位", "器具类型", "出厂编号"))
        fleet.write_row(1, 0, ("甲", "NAWI-D", "007"))
        fleet.write_row(2, 0, ("乙" * 200, "NAWI-D", "9"))
        fleet.write_row(3, 0, ("丙", "NAWI-D", 8))
        penalties = COLUMNS, row()
        for name, rows in (("处罚", penalties), ("许可", permits), ("暂存", penalties)):
            page = book.add_worksheet(name)
            for number, cells in enumerate(rows):
                page.write_row(number, 0, cells)
            if name == "暂存":
                page.hide()
    limits = FileLimits(cell=100)
    header = pb.ImportHeader(family="instruments", mode="good_rows")
    for sheet in ("器具", ""):
        kept = without_published_sheets(file.getvalue(), sheet, limits)
        for hidden in (PERSON, ID_NUMBER):
            assert hidden in written(file.getvalue())
            assert hidden not in written(kept)
        read = read_file(header, kept, date(2026, 9, 14), limits)
        assert (read.sheet, read.rows) == ("器具", 3)
        assert [item.values["serial_no"] for item in read.items] == ["007"]
        reasons = {(note.row, note.reason) for note in read.notes.notes if not note.warning}
        assert reasons == {(3, "OUTSIDE"), (4, "NUMBER_FOR_TEXT")}


def test_a_workbook_without_published_sheets_stays_as_it_is() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name in ("甲", "乙"):
            book.add_worksheet(name).write(0, 0, name)
    for content in (file.getvalue(), text(COLUMNS, row())):
        assert without_published_sheets(content, "", LIMITS) is content


def test_a_sheet_of_blank_texts_beside_published_penalties_is_kept_blank() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, cells in (("器具", ("使用单位",)), ("空白", (" ", " ")), ("处罚", COLUMNS)):
            book.add_worksheet(name).write_row(0, 0, cells)
    for sheet in ("器具", "空白"):
        kept = without_published_sheets(file.getvalue(), sheet, LIMITS)
        assert COLUMNS[0] not in written(kept)


def broken_sheet(*, hidden: bool) -> bytes:
    """A workbook of instruments, of published penalties, and of a sheet that nobody can read."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        fleet = book.add_worksheet("器具")
        fleet.write_row(0, 0, ("使用单位", "器具类型", "出厂编号"))
        fleet.write_row(1, 0, ("甲", "NAWI-D", "007"))
        penalties = book.add_worksheet("处罚")
        for number, cells in enumerate((COLUMNS, row())):
            penalties.write_row(number, 0, cells)
        page = book.add_worksheet("坏表")
        page.write(0, 0, "一格")
        if hidden:
            page.hide()
    return patched(file.getvalue(), "xl/worksheets/sheet3.xml", b"<sheetData>", b"<sheetData><c <")


@pytest.mark.parametrize("hidden", [True, False])
async def test_a_broken_sheet_breaks_no_other_but_nothing_is_stored_beside_it(
    *, hidden: bool
) -> None:
    content = broken_sheet(hidden=hidden)
    header = pb.ImportHeader(family="instruments", mode="good_rows")
    read = read_file(header, content, date(2026, 9, 14))
    assert [item.values["serial_no"] for item in read.items] == ["007"]
    [others] = [note.zh for note in read.notes.notes if note.reason == "OTHER_SHEETS"]
    assert ("坏表" in others) is not hidden
    # Of published penalties only the sheet itself is stored.
    only = pb.ImportHeader(family="penalties", mode="good_rows", sheet="处罚")
    [(_, stored)] = await files_of(only, content, LIMITS)
    assert ID_NUMBER not in written(stored)
    # Whatever else is stored with a sheet has to be looked at.
    with pytest.raises(InvalidInput, match="坏表") as refusal:
        await files_of(header, content, LIMITS)
    assert isinstance(refusal.value.__cause__, BadFile)
    assert refusal.value.__cause__.reason == "CORRUPT"


def test_the_help_of_a_template_stays_shown_beside_published_penalties() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheets = {"器具": ("使用单位",), "字段说明": ("列", "说明"), "处罚": COLUMNS, "藏": ("一",)}
        for name, cells in sheets.items():
            page = book.add_worksheet(name)
            page.write_row(0, 0, cells)
            if name == "藏":
                page.hide()
    kept = without_published_sheets(file.getvalue(), "器具", LIMITS)
    with zipfile.ZipFile(io.BytesIO(kept)) as parts:
        listed = parts.read("xl/workbook.xml").decode()
    hidden = re.findall(r'<sheet name="([^"]+)"[^>]*state="hidden"', listed)
    assert hidden == ["藏"]


@pytest.mark.parametrize(
    ("sheet", "reason"), [("不存在", "NO_SUCH_SHEET"), ("空", "EMPTY_FILE"), ("", "CORRUPT")]
)
async def test_what_cannot_be_read_is_refused_whatever_the_family(sheet: str, reason: str) -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        book.add_worksheet("器具").write_row(0, 0, ("使用单位", "器具类型", "出厂编号"))
        book.add_worksheet("空")
        page = book.add_worksheet("处罚")
        for number, cells in enumerate((COLUMNS, row())):
            page.write_row(number, 0, cells)
    content = file.getvalue()[: -40 if reason == "CORRUPT" else None]
    header = pb.ImportHeader(family="instruments", mode="check", sheet=sheet)
    with pytest.raises(InvalidInput) as refusal:
        await files_of(header, content, LIMITS)
    assert isinstance(refusal.value.__cause__, BadFile)
    assert refusal.value.__cause__.reason == reason
    with pytest.raises(BadFile):
        without_published_sheets(content, sheet, LIMITS)


def test_a_row_that_cannot_be_read_is_a_fault_without_its_content() -> None:
    shifted = (*row()[:4], "多出的一格", *row()[4:])
    file = left(text(COLUMNS, shifted, row()))
    assert [(note.row, note.reason) for note in file.notes.notes if not note.warning] == [
        (2, "RAGGED_ROW")
    ]
    assert len(file.items) == 1


def test_a_penalty_without_a_basis_is_turned_away() -> None:
    bases = "", "《广告法》第五十五条", "张三违反食品安全法第一条"
    file = left(text(COLUMNS, *(row(处罚依据=basis) for basis in bases)))
    told = [(note.row, note.reason, note.value) for note in file.notes.notes if note.row > 1]
    assert told == [
        (2, "OTHER_LAW", "（未写明处罚依据，未保存）"),
        (3, "OTHER_LAW", "（非计量法律：《广告法》）"),
        (4, "OTHER_LAW", "（非计量法律）"),
    ]


def test_a_workbook_keeps_numbers_hidden_rows_and_the_names_of_its_sheets() -> None:
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet("处罚")
        page.write_row(0, 0, COLUMNS)
        page.write_row(1, 0, row())
        page.write_number(1, COLUMNS.index("行政处罚决定书文号"), 20260001)
        page.write_row(2, 0, row(number="罚〔2026〕2号"))
        page.set_row(2, None, None, {"hidden": True})
        book.add_worksheet("名单").write(0, 0, ID_NUMBER)
    assert ID_NUMBER in written(file.getvalue())
    read = left(file.getvalue())
    reasons = {(note.row, note.reason) for note in read.notes.notes}
    assert (read.sheet, read.rows, read.left_out) == ("处罚", 1, 1)
    assert {(2, "NUMBER_FOR_TEXT"), (3, "HIDDEN_ROW"), (1, "OTHER_SHEETS")} <= reasons


@pytest.mark.parametrize("content", [text(COLUMNS, row()), xlsx([COLUMNS, row()])])
def test_the_same_file_leaves_the_same_bytes(content: bytes) -> None:
    kept = [without_personal_data(HEADER, content, LIMITS) for _ in range(2)]
    assert kept[0] == kept[1]
    if content.startswith(b"PK"):  # otherwise the second in which it was made would be in it
        assert "2000-01-01T00:00:00Z" in written(kept[0])


def test_a_file_without_the_columns_is_refused() -> None:
    with pytest.raises(BadFile) as caught:
        without_personal_data(HEADER, text(("姓名", "证件号码"), (PERSON, ID_NUMBER)), LIMITS)
    assert caught.value.reason == "NOT_PUBLISHED_PENALTIES"


@pytest.mark.parametrize(
    ("cell", "yuan"),
    [("0.1", "1000"), ("1.234567", "12345.67"), ("2", "20000"), ("0", None), ("/", None)],
)
def test_amounts_are_read_in_ten_thousands(cell: str, yuan: str | None) -> None:
    assert amount(cell) == yuan


@pytest.mark.parametrize("cell", ["1000元", "约一万", "-1", "1.2345678"])
def test_what_is_no_such_amount_is_refused(cell: str) -> None:
    with pytest.raises(BadCell):
        amount(cell)


def test_a_party_that_is_named_by_an_id_number_is_not_stored() -> None:
    numbers = row(f"样例店 {ID_NUMBER}"), row(number=ID_NUMBER)
    file = left(text(COLUMNS, *numbers))
    assert {(note.row, note.column) for note in file.notes.notes if note.row > 1} == {
        (2, "行政相对人名称"),
        (3, "行政处罚决定书文号"),
    }


def test_codes_of_the_publication() -> None:
    assert published_code("00000000000000000X") is None
    assert published_code("91330106MA00000016") == "91330106MA00000016"
    assert [published_severity(cell) for cell in ("0", "1", "严重")] == [None, "general", "serious"]
    for cell in ("2", "较重", "9"):
        with pytest.raises(BadCell):
            published_severity(cell)

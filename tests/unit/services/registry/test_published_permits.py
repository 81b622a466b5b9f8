"""What is left of a file of published permits, and how its cells are read."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.batch.files import files_of
from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.days import NO_END, open_ended_day
from services.registry.imports.rows.file import FileContent, read_file
from services.registry.imports.rows.penalty_cells import published_code
from services.registry.imports.rows.permit_cells import (
    SaidState,
    category,
    said_state,
)
from services.registry.imports.rows.published_file import without_personal_data
from tests.unit.services.registry.permit_rows import CODES, COLUMNS, GIVEN, ID_NUMBER, PERSON
from tests.unit.services.registry.workbooks import written, xlsx

WIDE = ID_NUMBER.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
HEADER = pb.ImportHeader(family="permits", mode="good_rows")


def text(columns: tuple[str, ...], *rows: dict[str, str]) -> bytes:
    """A CSV file of these rows; `columns` may be the codes of the national columns."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(columns)
    names = COLUMNS if columns == CODES else columns
    writer.writerows([(GIVEN | row).get(name, "") for name in names] for row in rows)
    return file.getvalue().encode()


def left(content: bytes) -> FileContent:
    """A file as it is read after what may not be stored was taken out."""
    kept = without_personal_data(HEADER, content, FileLimits())
    assert ID_NUMBER not in written(kept)
    assert PERSON not in written(kept)
    return read_file(HEADER, kept, date(2026, 9, 14))


@pytest.mark.parametrize("columns", [COLUMNS, CODES])
def test_all_28_columns_are_known_and_those_of_persons_are_dropped(
    columns: tuple[str, ...],
) -> None:
    assert len(columns) == 28
    file = left(text(columns, {}))
    [item] = file.items
    assert item.values["certificate_name"] == "计量标准考核证书"
    assert item.values["content"] == "电子秤检定装置,负责人＊＊＊(＊＊＊)"
    assert (item.values["decided_on"], item.values["valid_until"]) == (
        date(2026, 8, 10),
        date(2031, 8, 9),
    )
    assert "authority_code" not in item.values  # zeros stand for none
    assert [note.reason for note in file.notes.notes] == ["NOT_STORED"]


def test_the_edition_of_2015_is_read_by_its_codes() -> None:
    columns = {
        "XK_WSH": "样计许〔2016〕1号",
        "XK_XMMC": "制造计量器具许可证",
        "XK_SPLB": "普通",
        "XK_NR": "电子秤",
        "XK_XDR": "样例衡器厂",
        "XK_XDR_SHXYM": "91330106MA00000016",
        "XK_XDR_ZDM": "1",
        "XK_XDR_GSDJ": "2",
        "XK_XDR_SFZ": "",
        "XK_FR": PERSON,
        "XK_JDRQ": "2016/8/10",
        "XK_JZQ": "2099/12/31",
        "XK_XZJG": "样例市市场监督管理局",
        "XK_ZT": "0",
        "DFBM": "330100",
        "SJC": "2016/8/11",
        "BZ": "",
    }
    rows = io.StringIO(newline="")
    csv.writer(rows).writerows([[*columns], [*columns.values()]])
    file = left(rows.getvalue().encode())
    [item] = file.items
    assert (item.values["owner"], item.values["document_name"]) == (
        "样例衡器厂",
        "制造计量器具许可证",
    )
    assert (item.values["valid_until"], item.values["published_state"]) == (NO_END, "normal")
    assert item.values["document_no"] == "样计许〔2016〕1号"


def test_rows_of_persons_and_of_other_permits_leave_a_mark_only() -> None:
    rows: list[dict[str, str]] = [
        {"行政相对人类别": "自然人"},
        {"行政相对人类别": "", "证件号码": ID_NUMBER},
        {"行政相对人类别": ""},
        {
            "行政许可决定文书名称": "食品经营许可证",
            "许可证书名称": "",
            "许可内容": f"{PERSON}的饭店",
        },
        {"行政许可决定文书名称": "", "许可证书名称": "", "许可内容": ""},
        {
            "行政许可决定文书名称": "",
            "许可证书名称": "",
            "许可内容": f"计量认证咨询，法定代表人张三（{ID_NUMBER}）",
        },
        {
            "行政许可决定文书名称": "张三变更登记决定书",
            "许可证书名称": "营业执照",
            "许可类别": "登记",
            "许可内容": f"凭制造计量器具许可证经营，张三变更为{PERSON}（{ID_NUMBER}）",
        },
    ]
    content = text(COLUMNS, *rows)
    assert "张三" not in written(without_personal_data(HEADER, content, FileLimits()))
    file = left(content)
    assert (file.rows, file.left_out) == (0, 7)
    assert [note.reason for note in file.notes.notes if note.row > 1] == [
        *("NATURAL_PERSON", "NATURAL_PERSON", "UNKNOWN_PARTY"),
        *["OTHER_PERMIT"] * 4,
    ]
    assert file.notes.notes[-1].value == "（非计量许可，未保存）"


def test_a_file_that_only_looks_like_permits_is_refused() -> None:
    with pytest.raises(BadFile) as refused:
        without_personal_data(
            HEADER, "行政许可决定文书号,证件号码\n许准1号,1\n".encode(), FileLimits()
        )
    assert refused.value.reason == "NOT_PUBLISHED_PERMITS"


@pytest.mark.parametrize("heading", ["法定代表人证件号码", "法定代表人", "证件号码", "身份证号码"])
def test_a_column_of_persons_is_read_as_no_field(heading: str) -> None:
    columns = ("身份证号码", *COLUMNS)
    header = pb.ImportHeader(family="permits", mode="good_rows", columns={"permit_no": heading})
    with pytest.raises(BadFile, match=heading) as refused:
        without_personal_data(header, text(columns, {"身份证号码": ID_NUMBER}), FileLimits())
    assert refused.value.reason == "COLUMN_OF_PERSONS"


@pytest.mark.parametrize("column", ["行政许可决定文书号", "许可编号", "许可机关统一社会信用代码"])
@pytest.mark.parametrize("number", [ID_NUMBER, f"样计许{ID_NUMBER}", WIDE])
def test_an_id_number_in_the_place_of_another_number_is_blanked(column: str, number: str) -> None:
    kept = written(without_personal_data(HEADER, text(COLUMNS, {column: number}), FileLimits()))
    assert number not in kept
    assert "计量标准考核证书" in kept
    code = "1133010099900001XW"
    assert code in written(
        without_personal_data(HEADER, text(COLUMNS, {column: code}), FileLimits())
    )


def test_numbers_of_a_workbook_are_looked_at_too() -> None:
    telephone = 13800001111
    rows: list[list[object]] = [[*COLUMNS]]
    for content, number in ((telephone, "许1号"), ("电子秤", int(ID_NUMBER)), (20260001, 20260001)):
        given = GIVEN | {"许可内容": content, "许可编号": number}
        rows.append([given.get(name, "") for name in COLUMNS])
    kept = without_personal_data(HEADER, xlsx(rows), FileLimits())
    assert "20260001" in written(kept)
    for hidden in (str(telephone), ID_NUMBER[:15]):
        assert hidden not in written(kept)
    assert read_file(HEADER, kept, date(2026, 9, 14)).items[0].values["content"] == "＊＊＊"


@pytest.mark.parametrize("family", ["auto", "permits"])
async def test_permits_are_recognised_by_their_headings(family: str) -> None:
    header = pb.ImportHeader(family=family, mode="check")
    [(found, content)] = await files_of(header, text(COLUMNS, {}), FileLimits())
    assert found.family == "permits"
    assert ID_NUMBER not in written(content)


def test_the_last_day_is_read_and_no_end_too() -> None:
    assert open_ended_day("2031-08-09") == date(2031, 8, 9)
    for cell in ("长期", "永久有效", "2099/12/31", "9999-12-31"):
        assert open_ended_day(cell) == NO_END
    for cell in ("无", "/", "-"):  # does not say whether it has an end
        assert open_ended_day(cell) is None
    with pytest.raises(BadCell):
        open_ended_day("三年")


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        *(("正常", SaidState.NORMAL), ("有效", SaidState.NORMAL), ("0", SaidState.NORMAL)),
        *(("撤销", SaidState.REVOKED), ("吊销", SaidState.REVOKED), ("注销", SaidState.CANCELLED)),
        *(("异议", SaidState.DISPUTED), ("其他（备注说明）", SaidState.OTHER)),
    ],
)
def test_the_state_is_read_by_its_word(cell: str, state: SaidState) -> None:
    assert said_state(cell) is state


@pytest.mark.parametrize(
    ("read", "cell", "reason"),
    [
        (said_state, "1", "DOUBTFUL"),
        (said_state, "在办", "NOT_A_CHOICE"),
        (category, "其他", "INCOMPLETE"),
        (category, "甲类", "NOT_A_CHOICE"),
        (published_code, "11330100999000011W", "BAD_CREDIT_CODE"),
        (published_code, ID_NUMBER, "ID_NUMBER"),
    ],
)
def test_what_is_doubtful_is_refused(read: object, cell: str, reason: str) -> None:
    with pytest.raises(BadCell) as refused:
        read(cell)  # type: ignore[operator]
    assert refused.value.reason == reason


def test_what_stands_for_nothing_is_nothing() -> None:
    assert published_code("0" * 18) is None
    assert published_code("无") is None
    assert published_code("1133010099900001XW") == "1133010099900001XW"
    assert category("其他-备案") == "其他-备案"

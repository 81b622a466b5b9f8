"""Tables as people lay them out: titles, two lines of headings, totals, hidden rows, notes."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import pytest
import xlsxwriter

from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read.limits import FileLimits
from services.registry.imports.rows.families import FAMILIES
from services.registry.imports.rows.file import FileContent, read_file
from services.registry.imports.rows.headings import Headings, plain
from services.registry.imports.rows.preview import Preview, preview
from tests.unit.services.registry.workbooks import xlsx

TODAY = date(2026, 9, 14)
HEAD = ("使用单位", "计量器具名称", "出厂编号", "生产厂家")


def read(content: bytes, family: str = "instruments", **header: Any) -> FileContent:
    return read_file(pb.ImportHeader(family=family, **header), content, TODAY)


def csv(*rows: tuple[str, ...]) -> bytes:
    return "\n".join(",".join(row) for row in rows).encode()


def rows_read(done: FileContent) -> list[int]:
    return [item.row for item in (*done.items, *done.bad)]


def noted(done: FileContent, reason: str) -> list[int]:
    return [note.row for note in done.notes.in_order() if note.reason == reason]


def shown(content: bytes, family: str = "instruments", **learned: str) -> Preview:
    return preview(pb.ImportHeader(family=family), content, FileLimits(), learned)


FOOTERS = [
    ("合计：17台（件）", "", "", ""),
    ("合 计", "", "17", ""),
    ("本页小计", "", "3", ""),
    ("注：1.本表由各所填报；2.有效期以证书为准。", "", "", ""),
    ("备注", "以证书为准", "", ""),
    ("填表人：测试员", "", "审核人：测试员", "日期：2026年9月10日"),
    ("单位负责人（签字）：", "", "", ""),
    ("以下空白", "", "", ""),
    ("", "", "审核：", ""),
    ("共 17 台件", "", "", ""),
    ("台件合计", "", "17", ""),
    ("※ 注意事项：请按证书填写", "", "", ""),
    ("（以下空白）", "", "", ""),
    ("使用单位（盖章）", "", "", ""),
    ("检定员：甲", "", "核验员：乙", ""),
    ("打印时间：2026-09-10 08:00", "", "", ""),
    ("数据来源：样例局", "", "", ""),
    ("本表一式两份", "", "", ""),
    ("制表人 甲", "", "", ""),
    ("", "", "", "2026年9月10日"),
    ("", "年 月 日", "", ""),
    ("Total: 17", "", "", ""),
    ("1/3", "", "", ""),
]


@pytest.mark.parametrize("footer", FOOTERS)
def test_a_footer_is_told_of_once_and_not_read(footer: tuple[str, ...]) -> None:
    done = read(csv(HEAD, ("甲", "FUEL", "1", ""), footer, ("乙", "FUEL", "2", "")))
    assert (done.rows, done.left_out, rows_read(done)) == (2, 1, [2, 4])
    assert [(n.row, n.reason, n.warning) for n in done.notes.notes] == [(3, "FOOTER", True)]
    assert next(filter(None, footer)).replace(" ", "")[:2] in done.notes.notes[0].value.replace(
        " ", ""
    )


NO_FOOTERS = [
    ("合计", "FUEL", "1", ""),  # a whole row can be imported, whatever the owner is called
    ("注册分局食堂", "", "1", ""),
    ("总计量所", "FUEL", "", ""),
    ("", "FUEL", "1", ""),
    ("共享充电站", "", "1", ""),
    ("计量所", "", "1", ""),
    ("合计量具有限公司", "", "1", ""),
    ("日照海鲜", "", "1", ""),
    ("2026年9月10日", "", "1", ""),
    ("以上饭店", "", "", ""),
]


@pytest.mark.parametrize("row", NO_FOOTERS)
def test_a_row_of_data_is_no_footer(row: tuple[str, ...]) -> None:
    done = read(csv(HEAD, row))
    assert (done.rows, done.left_out) == (1, 0)


def test_headings_that_stand_again_on_each_page_are_left_out() -> None:
    done = read(csv(HEAD, ("甲", "FUEL", "1", ""), HEAD, ("乙", "FUEL", "2", "")))
    assert (rows_read(done), noted(done, "HEADING_AGAIN")) == ([2, 4], [3])


def test_two_lines_of_headings_are_read_together() -> None:
    rows = [
        ("强检台账", "", "", "", "", "", ""),
        ("使用单位", "器具", "", "检定", "", "", "证书编号"),
        ("", "器具名称", "出厂编号", "日期", "结果", "机构", ""),
        ("甲", "FUEL", "1", "2026-05-01", "不合格", "样例院", "C-1"),
    ]
    done = read(csv(*rows), "verifications")
    assert (done.notes.header_row, rows_read(done)) == (3, [4])
    assert done.items[0].values["verified_on"] == date(2026, 5, 1)
    assert done.items[0].values["certificate_no"] == "C-1"
    assert done.names[3:6] == ["检定日期", "检定结果", "检定机构"]
    assert shown(csv(*rows), "verifications").skipped == [
        (1, "强检台账"),
    ]


def test_one_line_of_headings_is_not_joined_with_data() -> None:
    done = read(csv(HEAD, ("甲", "FUEL", "1", "厂"), ("乙", "FUEL", "2", "厂")))
    assert (done.notes.header_row, rows_read(done)) == (1, [2, 3])


def hiding() -> bytes:
    """A workbook with a hidden row, a filtered one and two notes in cells."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        page = book.add_worksheet("台账")
        rows = [HEAD, *((f"甲{n}", "FUEL", f"N{n}", "") for n in range(4))]
        for y, row in enumerate(rows):
            page.write_row(y, 0, row)
        page.autofilter(0, 0, 4, 3)
        page.filter_column(0, "x != 甲1")
        page.set_row(2, options={"hidden": True})
        page.set_row(3, None, None, {"hidden": True})
        page.write_comment("C2", "铭牌看不清")
        page.write_comment("B5", "已报废？")
        book.add_worksheet("上年").write_row(0, 0, HEAD)
    return file.getvalue()


def test_hidden_rows_are_told_of_and_read_only_if_confirmed() -> None:
    done = read(hiding())
    assert (rows_read(done), done.rows, done.left_out) == ([2, 5], 2, 2)
    assert noted(done, "HIDDEN_ROW") == [3, 4]
    done = read(hiding(), hidden_rows=True)
    assert (rows_read(done), noted(done, "HIDDEN_ROW")) == ([2, 3, 4, 5], [])
    found = shown(hiding())
    assert (found.hidden, found.sheet, list(found.others)) == (2, "台账", ["上年"])


def test_notes_in_cells_are_told_of() -> None:
    notes = [n for n in read(hiding()).notes.in_order() if n.reason == "COMMENT"]
    assert [(n.cell, n.column, n.value) for n in notes] == [
        ("C2", "出厂编号", "铭牌看不清"),
        ("B5", "计量器具名称", "已报废？"),
    ]


def test_likely_headings_are_proposed_and_never_taken_unseen() -> None:
    content = csv(("单位名称", "仪器名称", "设备编号"), ("甲", "FUEL", "1"))
    assert [one.field for one in shown(content).columns] == ["owner", "type_code", "serial_no"]
    assert [n.reason for n in read(content).notes.in_order() if not n.warning] == [
        "MISSING_COLUMN",
        "MISSING_COLUMN",
        "MISSING_COLUMN",
    ]


# Headings as other systems and the forms of institutions have them, by the field that they mean.
SEEN_HEADINGS = {
    "serial_no": "出厂编号 器具编号 序列号 设备编号 表计编号",
    "type_code": "器具名称 证书器具名称 仪器设备名称 计量器具名称 测量仪器 器具类别",
    "model": "型号规格 规格型号 型号/规格 仪器型号",
    "owner_no": "单位自编号 自编号 管理编号",
    "measuring_range": "测量范围 量程",
    "accuracy_class": "准确度等级 最大允许误差",
    "manufacturer": "生产厂家 制造单位 制造厂商 厂家 生产企业 生产厂商",
    "location": "安装/使用地点 安装地点 使用地点 安装使用地点 安装位置 使用场所",
    "owner": "使用单位 证书单位名称 保管单位 使用部门 单位名称 加油站",
    "certificate_no": "证书编号 检定证书编号 上次检定证书编号 计量检定证书编号 校准/检定证书编号",
    "verified_on": "检定日期 检定时间 最后检定日期 最近一次校准日期 上次检定日期",
    "valid_until": "有效期至 有效日期 检定有效期 检定有效期至 下次检定日期 下次校准日期 到期日期 "
    "过期时间 校准/核查有效期",
    "result": "检定结果 检定结论 结论 检测结果",
    "institution": "检定机构 检定单位 校准机构 检测部门 检定部门",
}
# The department of a firm is not its owner, so it is left to the person who confirms the columns.
AMBIGUOUS = {("owner", "使用部门")}


def test_the_headings_of_other_peoples_systems_are_known_or_proposed() -> None:
    seen = {(field, one) for field, headings in SEEN_HEADINGS.items() for one in headings.split()}
    known = {
        (field.name, heading)
        for family in FAMILIES
        for field in FAMILIES[family].fields.values()
        for heading in Headings(pb.ImportHeader(family=family), likely=True).of(field)
    }
    unknown = {(field, heading) for field, heading in seen if (field, plain(heading)) not in known}
    assert unknown == AMBIGUOUS


def test_what_a_bureau_confirmed_before_is_proposed_and_said() -> None:
    content = csv(("摊位", "什么秤", "出厂编号"), ("甲", "FUEL", "1"))
    found = shown(content, 摊位="owner", 什么秤="type_code")
    assert [(one.field, one.learned) for one in found.columns] == [
        ("owner", True),
        ("type_code", True),
        ("serial_no", False),
    ]


def test_the_confirmed_row_of_headings_is_read_below() -> None:
    rows = [HEAD, ("甲", "FUEL", "0", ""), ("摊位", "秤", "号", "厂"), ("乙", "FUEL", "1", "")]
    matches = [
        pb.ColumnMatch(column=n, field=f)
        for n, f in enumerate(("owner", "type_code", "serial_no"), 1)
    ]
    done = read(csv(*rows), header_row=3, matches=matches)
    assert rows_read(done) == [4]


def test_a_workbook_without_anything_hidden_has_no_such_hint() -> None:
    done = read(xlsx([HEAD, ("甲", "FUEL", "1", "")]))
    assert (done.left_out, done.notes.notes) == (0, [])

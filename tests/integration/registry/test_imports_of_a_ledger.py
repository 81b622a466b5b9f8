"""A ledger of compulsory verification as bureaus keep it, in one workbook, and what follows it."""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from uuid import uuid4

import xlsxwriter

from plumbing.identity import Role
from tests.integration.registry.import_files import (
    instruments_of,
    reasons,
    rejected,
    rows_of,
    subject_rows,
    subjects_named,
    table,
    upload,
)
from tests.integration.registry.running_registry import (
    DISTRICT,
    Client,
    RunningRegistry,
    credit_code,
)

HEAD = (
    *("序号", "使用单位", "统一社会信用代码", "计量器具名称", "型号规格", "出厂编号", "检定日期"),
    *("有效期至", "检定结果", "检定机构", "证书编号", "备注"),
)
LAST = len(HEAD) - 1


def ledger(mark: str, owners: list[tuple[str, str]], rows: list[tuple[Any, ...]]) -> bytes:
    """A workbook with titles, owners and codes merged over their rows, a total and signatures."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        sheet, day = book.add_worksheet("强检台账"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.merge_range(0, 0, 0, LAST, "2026年度强制检定工作计量器具台账")
        sheet.write_row(1, 0, ["填报单位：样例区局计量科", *[""] * 5, "填报日期：2026年9月10日"])
        sheet.write_row(2, 0, HEAD)
        for y, (number, row) in enumerate(enumerate(rows, 1), 3):
            sheet.write_number(y, 0, number)
            for x, cell in enumerate(row, 3):
                if isinstance(cell, date):
                    sheet.write_datetime(y, x, cell, day)
                else:
                    sheet.write(y, x, cell)
        half = len(rows) // 2
        for first, last, (name, code) in ((3, 2 + half, owners[0]), (3 + half, 8, owners[1])):
            sheet.merge_range(first, 1, last, 1, f"{name}{mark}")
            sheet.merge_range(first, 2, last, 2, code)
        sheet.write(10, 0, f"合计：{len(rows)}台（件）")
        sheet.write(11, 0, "注：1.本表由各所填报；2.有效期以证书为准。")
        sheet.write_row(12, 0, ["填表人：样例", "", "", "", "审核人：样例"])
    return file.getvalue()


async def test_a_ledger_comes_in_whole_and_the_list_of_subjects_after_it_makes_no_twin(
    registry: RunningRegistry,
) -> None:
    await registry.bureau()
    client, mark = registry.client(Role.CASEWORKER), uuid4().hex[:8]
    codes = [credit_code(), credit_code()]
    pump, meter = ("燃油加油机", "样例-1"), ("血压计", "台式")
    rows = [
        (*pump, f"P1{mark}", "2026.5.1", "2026.10.31", "合格", "样例院", f"A{mark}", ""),
        (*pump, f"P2{mark}", "2026年5月1日", "20261031", "检定合格", "样例院", f"B{mark}", ""),
        (*pump, 1234567, date(2026, 5, 1), date(2026, 10, 31), "合格", "样例院", f"C{mark}", ""),
        ("台式血压计", "台式", "无", "2026/3/8", "2026/9/7", "Pass", "样例院", f"D{mark}", ""),
        (*meter, f"X{mark}", "2026-03-08", "2036-03-07", "合格", "样例院", f"E{mark}", ""),
        (*meter, f"Y{mark}", "2026-03-08", "2026-09-07", "准用", "样例院", f"F{mark}", ""),
    ]
    owners = [("样例甲加油站", codes[0]), ("样例乙医院", codes[1])]
    content = ledger(mark, owners, rows)
    filing = {"bureau": DISTRICT, "file_missing": True, "file_name": "台账.xlsx"}
    checked = await upload(client, "verifications", content, mode="check", **filing)
    assert (checked.rows, checked.left_out, checked.rejected) == (6, 3, 2)
    assert [(row, reason) for row, _, reason in await reasons(client, checked)] == [
        (6, "NUMBER_FOR_TEXT"),
        (9, "DOUBTFUL"),
    ]
    hints = [(row, reason) for row, _, reason in await reasons(client, checked, warnings=True)]
    assert {(11, "FOOTER"), (12, "FOOTER"), (13, "FOOTER"), (8, "BEYOND_CYCLE")} <= {*hints}
    assert {one.kind: one.made for one in checked.effects} == {
        "subject": 2,
        "instrument": 4,
        "verification": 4,
    }
    assert checked.would_be_held  # a unit head confirms what is valid beyond its cycle
    back = rows_of(await rejected(client, checked))
    assert [row["出厂编号"] for row in back] == ["", f"Y{mark}"]  # a number is never a text

    rows[4] = (*rows[4][:4], "2026-09-07", *rows[4][5:])
    content = ledger(mark, owners, rows)
    batch = await upload(client, "verifications", content, mode="good_rows", **filing)
    assert (batch.state, batch.changed, batch.rejected) == ("applied", 4, 2)
    await _list_subjects_after(client, mark, [name for name, _ in owners], codes)


async def _list_subjects_after(
    client: Client, mark: str, owners: list[str], codes: list[str]
) -> None:
    named = [f"{name}{mark}" for name in owners]
    for name, code in zip(named, codes, strict=True):
        listed = table(*subject_rows(name, bureau=DISTRICT, 统一社会信用代码=code, 地址="样例路"))
        after = await upload(client, "subjects", listed)
        assert [(one.made, one.altered) for one in after.effects] == [(0, 1)]
    subjects = {one.name: one for one in await subjects_named(client, mark)}
    assert {name: one.credit_code for name, one in subjects.items()} == dict(
        zip(named, codes, strict=True)
    )
    pumps = await instruments_of(client, subjects[named[0]])
    assert {(one.type_code, one.serial_no) for one in pumps} == {
        ("FUEL", f"P1{mark}"),
        ("FUEL", f"P2{mark}"),
    }

"""Workbooks and templates on the running register, and its lists out of it again."""

from __future__ import annotations

import csv
import io
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from plumbing.identity import Role
from protos.registry.v1 import registry_pb2 as pb
from services.cli.commands.imports import write_rows
from services.cli.output import answer
from services.cli.output.answer import export_list
from tests.integration.registry.importing import (
    faults,
    instruments_of,
    owner,
    rejected,
    send,
    subject_rows,
    subjects_named,
    table,
    take,
    told,
    word,
)
from tests.integration.registry.importing import header as head_of
from tests.integration.registry.offices import CITY, DISTRICT, FOREIGN, Desk, Office, credit_code
from tests.unit.services.registry.books import filled, patched, xlsx

FLEET = ("使用单位", "器具类型", "出厂编号", "状态", "轮换日期")


async def template(desk: Desk, family: str, form: str = "xlsx") -> bytes:
    wanted = pb.GetTemplateRequest(family=family, format=form)
    return bytes((await desk.imports.GetTemplate(wanted)).content)


async def test_a_workbook_is_taken_whatever_it_is_called(office: Office) -> None:
    desk = office.desk(Role.CASEWORKER)
    name = await owner(office, desk)
    rows = [FLEET, (name, "NAWI-D", "007", "在用", date(2027, 3, 1))]
    content = xlsx(rows)
    batch = await take(desk, "instruments", content, file_name="器具.csv")
    assert (batch.state, batch.changed, batch.encoding, batch.sheet) == (
        "applied",
        1,
        "xlsx",
        "器具",
    )
    [subject] = await subjects_named(desk, name)
    [instrument] = await instruments_of(desk, subject)
    assert (instrument.serial_no, instrument.rotate_on) == ("007", "2027-03-01")
    again = await take(desk, "instruments", content)
    assert (again.state, again.unchanged) == ("unchanged", 1)


async def test_every_fault_names_sheet_and_cell_and_a_csv_file_has_none(office: Office) -> None:
    desk = office.desk(Role.CASEWORKER)
    name = await owner(office, desk)
    rows = [
        ("某某市计量器具登记表",),
        FLEET,
        (name, "NAWI-D", 1234567890123456, "在用"),
        ("没有这家", "NAWI-D", "1", "在用"),
    ]
    batch = await take(desk, "instruments", xlsx(rows))
    assert batch.state == "refused"
    found = await faults(desk, batch)
    assert [(f.sheet, f.row, f.column, f.cell, f.reason) for f in found] == [
        ("器具", 3, "出厂编号", "C3", "NUMBER_FOR_TEXT"),
        ("器具", 4, "使用单位", "A4", "UNKNOWN_OWNER"),
    ]
    batch = await take(desk, "instruments", table(FLEET, ("没有这家", "NAWI-D", "1", "", "")))
    assert [(f.sheet, f.row, f.cell) for f in await faults(desk, batch)] == [("", 2, "")]


async def test_rows_not_taken_come_back_as_a_workbook_and_go_in_again(
    office: Office, tmp_path: Path
) -> None:
    desk = office.desk(Role.CASEWORKER)
    name = await owner(office, desk)
    rows = [FLEET, (name, "NAWI-D", "1", "在用"), (name, "NAWI-D", 2, "在用", date(2027, 3, 1))]
    batch = await take(desk, "instruments", xlsx(rows), mode="good_rows")
    assert (batch.changed, batch.rejected) == (1, 1)
    content = await rejected(desk, batch)
    write_rows(tmp_path / "改.xlsx", content)
    [heads, row] = (
        CalamineWorkbook.from_path(tmp_path / "改.xlsx").get_sheet_by_index(0).to_python()
    )
    assert heads == [*FLEET, "原因"]
    assert row[:5] == [name, "NAWI-D", "2", "在用", "2027-03-01"]
    assert "文本格式" in str(row[5])
    batch = await take(desk, "instruments", (tmp_path / "改.xlsx").read_bytes())
    assert (batch.state, batch.changed) == ("applied", 1)


@pytest.mark.parametrize("form", ["xlsx", "csv"])
async def test_templates_filled_in_come_in_without_any_mapping(office: Office, form: str) -> None:
    desk, name, code = office.desk(Role.CASEWORKER, bureau=CITY), word(), credit_code()
    await office.bureau(CITY)
    administrator = office.desk(Role.ADMINISTRATOR, bureau="000000")
    rows = {
        "bureaus": ["330106", "测试市场监管局330106", "", "计量科", "0571-00000000", ""],
        "subjects": ["", "个体工商户", name, code, "330106", "集贸市场", "样例", "", ""],
        "instruments": [name, "NAWI-D", "ACS-30", f"0{name}", "", "", "在用", ""],
        "verifications": [
            *(code, "", "NAWI-D", f"0{name}", "", "合格", "2026-09-01", "2027-08-31"),
            *("合成检定院", name, "JJG 539-2016"),
        ],
        "records": [
            *(name, "行政处罚", "一般", "2026-08-01", "2026-09-01", "是", "是", "3"),
            *(f"样{name}", "", ""),
        ],
    }
    for family, row in rows.items():
        who = administrator if family == "bureaus" else desk
        empty = await template(who, family, form)
        text = io.StringIO()
        csv.writer(text).writerow(row)
        full = filled(empty, [row]) if form == "xlsx" else empty + text.getvalue().encode()
        batch = await take(who, family, full)
        seen = await faults(who, batch), await told(who, batch, warnings=True)
        assert seen == ([], []), family
        assert batch.state in ("applied", "unchanged"), family
        assert batch.rows == 1
    [subject] = await subjects_named(desk, name)
    [instrument] = await instruments_of(desk, subject)
    assert (instrument.serial_no, instrument.state) == (f"0{name}", "in_use")


async def test_hostile_files_are_batches_refused_and_the_register_goes_on(office: Office) -> None:
    desk = office.desk(Role.CASEWORKER)
    name = await owner(office, desk)
    good = xlsx([FLEET, (name, "NAWI-D", "1", "在用")])
    part = "xl/worksheets/sheet1.xml"
    hostile = {
        "TOO_LARGE": patched(good, part, b"</sheetData>", b" " * (40 << 20) + b"</sheetData>"),
        "CORRUPT": good[:-40],
        "OLD_WORKBOOK": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"),
        "WEB_PAGE": b"<html><table></table></html>",
        "UNSUPPORTED_FORMAT": b"%PDF-1.7",
        "EMPTY_FILE": b"",
        "BAD_ENCODING": "使用单位\0,器具类型,出厂编号\n甲\0,\0,\0\n".encode(),
        "MISSING_COLUMN": b"\0" * 3 + "甲,乙\n1,2\n".encode("utf-16"),
    }
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    hostile["TOO_LARGE "] = patched(good, part, b"</sheetData>", far)
    for reason, content in hostile.items():
        batch = await send(desk, head_of("instruments", mode="good_rows"), content)
        assert batch.state == "refused", reason
        first = (await faults(desk, batch))[0]
        assert first.message_zh
        assert first.reason in (reason.strip(), "BAD_ENCODING"), reason
        await rejected(desk, batch)
    zeros = f"使用单位,器具类型,出厂编号,备注\n{name},NAWI-D,1,\0\n".encode()
    batch = await take(desk, "instruments", zeros, mode="good_rows")
    assert await told(desk, batch) == [(2, "备注", "BAD_ENCODING")]
    assert "\0" not in (await rejected(desk, batch)).decode()
    assert (await take(desk, "instruments", good)).state == "applied"


async def test_all_of_a_list_is_exported_and_no_more_than_the_caller_sees(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "PAGE", 7)
    to = tmp_path / "a.csv"
    for bureau in (DISTRICT, FOREIGN):
        await office.bureau(bureau)
    mark = word()
    names = {f"={mark}{n}" for n in range(20)}
    near, far = office.desk(Role.CASEWORKER), office.desk(Role.CASEWORKER, bureau=FOREIGN)
    await take(near, "subjects", table(*subject_rows(*sorted(names), bureau=DISTRICT)))
    await take(far, "subjects", table(*subject_rows(f"={mark}外", bureau=FOREIGN)))
    wanted = pb.ListSubjectsRequest(name_contains=mark, page_size=2)
    for desk, count in ((near, 20), (far, 1)):
        written = await export_list(desk.registry.ListSubjects, wanted, to, desk)
        assert written == count
    await export_list(near.registry.ListSubjects, wanted, to, near)
    said = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig"), newline=""))
    assert {row["名称"] for row in said} == {f"'{name}" for name in names}
    content = (tmp_path / "a.csv").read_bytes()
    again = await take(near, "subjects", content, mode="check")
    assert (again.unchanged, again.rejected) == (20, 0)

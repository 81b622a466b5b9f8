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
from services.cli.commands.rejected_rows import write_rows
from services.cli.output import answer
from services.cli.output.answer import export_list
from tests.integration.registry.import_files import (
    faults,
    instruments_of,
    owner,
    reasons,
    rejected,
    send,
    subject_rows,
    subjects_named,
    table,
    unique_name,
    upload,
)
from tests.integration.registry.import_files import header as head_of
from tests.integration.registry.running_registry import (
    CITY,
    DISTRICT,
    FOREIGN,
    Client,
    RunningRegistry,
    credit_code,
    refused,
)
from tests.unit.services.registry.workbooks import filled, patched, xlsx

FLEET = ("使用单位", "器具类型", "出厂编号", "状态", "轮换日期")


async def template(client: Client, family: str, form: str = "xlsx") -> bytes:
    request = pb.GetTemplateRequest(family=family, format=form)
    return bytes((await client.imports.GetTemplate(request)).content)


async def test_a_workbook_is_taken_whatever_it_is_called(registry: RunningRegistry) -> None:
    client = registry.client(Role.CASEWORKER)
    name = await owner(registry, client)
    rows = [FLEET, (name, "NAWI-D", "007", "在用", date(2027, 3, 1))]
    content = xlsx(rows)
    batch = await upload(client, "instruments", content, file_name="器具.csv")
    assert (batch.state, batch.changed, batch.encoding, batch.sheet) == (
        "applied",
        1,
        "xlsx",
        "器具",
    )
    [subject] = await subjects_named(client, name)
    [instrument] = await instruments_of(client, subject)
    assert (instrument.serial_no, instrument.rotate_on) == ("007", "2027-03-01")
    again = await upload(client, "instruments", content)
    assert (again.state, again.unchanged) == ("unchanged", 1)


async def test_every_fault_names_sheet_and_cell_and_a_csv_file_has_none(
    registry: RunningRegistry,
) -> None:
    client = registry.client(Role.CASEWORKER)
    name = await owner(registry, client)
    rows = [
        ("某某市计量器具登记表",),
        FLEET,
        (name, "NAWI-D", 1234567890123456, "在用"),
        ("没有这家", "NAWI-D", "1", "在用"),
    ]
    batch = await upload(client, "instruments", xlsx(rows))
    assert batch.state == "refused"
    listed = await faults(client, batch)
    assert [(f.sheet, f.row, f.column, f.cell, f.reason) for f in listed] == [
        ("器具", 3, "出厂编号", "C3", "NUMBER_FOR_TEXT"),
        ("器具", 4, "使用单位", "A4", "UNKNOWN_OWNER"),
    ]
    batch = await upload(client, "instruments", table(FLEET, ("没有这家", "NAWI-D", "1", "", "")))
    assert [(f.sheet, f.row, f.cell) for f in await faults(client, batch)] == [("", 2, "")]


async def test_rows_not_taken_come_back_as_a_workbook_and_go_in_again(
    registry: RunningRegistry, tmp_path: Path
) -> None:
    client = registry.client(Role.CASEWORKER)
    name = await owner(registry, client)
    rows = [FLEET, (name, "NAWI-D", "1", "在用"), (name, "NAWI-D", 2, "在用", date(2027, 3, 1))]
    batch = await upload(client, "instruments", xlsx(rows), mode="good_rows")
    assert (batch.changed, batch.rejected) == (1, 1)
    content = await rejected(client, batch)
    write_rows(tmp_path / "改.xlsx", content)
    [heads, row] = (
        CalamineWorkbook.from_path(tmp_path / "改.xlsx").get_sheet_by_index(0).to_python()
    )
    assert heads == [*FLEET, "原因"]
    # The number is asked for anew: taken as it is, its lost digits would be believed.
    assert row[:5] == [name, "NAWI-D", "", "在用", "2027-03-01"]
    assert "文本格式" in str(row[5])
    batch = await upload(client, "instruments", (tmp_path / "改.xlsx").read_bytes())
    assert [fault.reason for fault in await faults(client, batch)] == ["MISSING"]
    batch = await upload(client, "instruments", xlsx([heads, [*row[:2], "002", *row[3:]]]))
    assert (batch.state, batch.changed) == ("applied", 1)


def one_of_each(name: str, code: str) -> dict[str, dict[str, str]]:
    """A row of every family, by heading."""
    told = {
        "bureaus": "机关代码 330106 机关名称 测试市场监管局330106 受理部门 计量科",
        "subjects": f"主体类型 个体工商户 名称 {name} 统一社会信用代码 {code} 监管机关代码 330106"
        " 行业领域 集贸市场 负责人 样例",
        "instruments": f"使用单位 {name} 统一社会信用代码 {code} 器具类型 NAWI-D 型号规格 ACS-30"
        f" 出厂编号 0{name} 状态 在用",
        "verifications": f"统一社会信用代码 {code} 器具类型 NAWI-D 出厂编号 0{name} 检定结果 合格"
        f" 检定日期 2026-09-01 有效期至 2027-08-31 检定机构 合成检定院 证书编号 {name}"
        " 检定依据 JJG539-2016",
        "records": f"使用单位 {name} 信息类别 行政处罚 严重程度 一般 发生日期 2026-08-01"
        f" 认定日期 2026-09-01 经核实 是 已生效 是 分值 3 文书编号 样{name}",
    }
    words = {family: text.split() for family, text in told.items()}
    return {family: dict(zip(w[::2], w[1::2], strict=True)) for family, w in words.items()}


def in_columns(template: bytes, cells: dict[str, str]) -> list[str]:
    """A row under the headings of a template."""
    headings = next(csv.reader([template.decode("utf-8-sig")]))
    left = dict(cells)
    row = [left.pop(heading.removesuffix("*"), "") for heading in headings]
    assert not left
    return row


@pytest.mark.parametrize("form", ["xlsx", "csv"])
async def test_templates_filled_in_come_in_without_any_mapping(
    registry: RunningRegistry, form: str
) -> None:
    client, name, code = registry.client(Role.CASEWORKER, bureau=CITY), unique_name(), credit_code()
    await registry.bureau(CITY)
    administrator = registry.client(Role.ADMINISTRATOR, bureau="000000")
    for family, cells in one_of_each(name, code).items():
        who = administrator if family == "bureaus" else client
        row = in_columns(await template(who, family, "csv"), cells)
        empty = await template(who, family, form)
        text = io.StringIO()
        csv.writer(text).writerow(row)
        full = filled(empty, [row]) if form == "xlsx" else empty + text.getvalue().encode()
        batch = await upload(who, family, full)
        seen = await faults(who, batch), await reasons(who, batch, warnings=True)
        assert seen == ([], []), family
        assert batch.state in ("applied", "unchanged"), family
        assert batch.rows == 1
    [subject] = await subjects_named(client, name)
    [instrument] = await instruments_of(client, subject)
    assert (instrument.serial_no, instrument.state) == (f"0{name}", "in_use")


async def test_hostile_files_are_refused_and_the_register_goes_on(
    registry: RunningRegistry,
) -> None:
    client = registry.client(Role.CASEWORKER)
    name = await owner(registry, client)
    good = xlsx([FLEET, (name, "NAWI-D", "1", "在用")])
    part = "xl/worksheets/sheet1.xml"
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    unreadable = {
        "解压后": patched(good, part, b"</sheetData>", b" " * (40 << 20) + b"</sheetData>"),
        "工作簿过大": patched(good, part, b"</sheetData>", far),
        "已损坏": good[:-40],
        "旧版 .xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le"),
        "网页": b"<html><table></table></html>",
        "不是可以导入的文件": b"%PDF-1.7",
    }
    for told, content in unreadable.items():
        with refused("INVALID_INPUT", "file") as refusals:
            await send(client, head_of("instruments", mode="good_rows"), content)
        assert told in refusals[0].message_zh
    hostile = (
        ("EMPTY_FILE", b""),
        ("BAD_ENCODING", "使用单位\0,器具类型,出厂编号\n甲\0,\0,\0\n".encode()),
        ("BAD_ENCODING", b"\0" * 3 + "甲,乙\n1,2\n".encode("utf-16")),
        ("MISSING_COLUMN", "甲,乙\n1,2\n".encode("utf-16")),
    )
    for reason, content in hostile:
        batch = await send(client, head_of("instruments", mode="good_rows"), content)
        assert batch.state == "refused", reason
        first = (await faults(client, batch))[0]
        assert first.message_zh
        assert first.reason == reason
        await rejected(client, batch)
    zeros = f"使用单位,器具类型,出厂编号,备注\n{name},NAWI-D,1,\0\n".encode()
    batch = await upload(client, "instruments", zeros, mode="good_rows")
    assert await reasons(client, batch) == [(2, "备注", "BAD_ENCODING")]
    assert "\0" not in (await rejected(client, batch)).decode()
    assert (await upload(client, "instruments", good)).state == "applied"


async def test_all_of_a_list_is_exported_and_no_more_than_the_caller_sees(
    registry: RunningRegistry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "PAGE", 7)
    to = tmp_path / "a.csv"
    for bureau in (DISTRICT, FOREIGN):
        await registry.bureau(bureau)
    mark = unique_name()
    names = {f"={mark}{n}" for n in range(20)}
    near, far = registry.client(Role.CASEWORKER), registry.client(Role.CASEWORKER, bureau=FOREIGN)
    await upload(near, "subjects", table(*subject_rows(*sorted(names), bureau=DISTRICT)))
    await upload(far, "subjects", table(*subject_rows(f"={mark}外", bureau=FOREIGN)))
    request = pb.ListSubjectsRequest(name_contains=mark, page_size=2)
    for client, count in ((near, 20), (far, 1)):
        written = await export_list(client.registry.ListSubjects, request, to, client)
        assert written == count
    await export_list(near.registry.ListSubjects, request, to, near)
    values = csv.DictReader(io.StringIO((tmp_path / "a.csv").read_text("utf-8-sig"), newline=""))
    assert {row["名称"] for row in values} == {f"'{name}" for name in names}
    content = (tmp_path / "a.csv").read_bytes()
    again = await upload(near, "subjects", content, mode="check")
    assert (again.unchanged, again.rejected) == (20, 0)

"""A bureau is set up from an empty directory: one workbook, on the command line, real processes."""

from __future__ import annotations

import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import xlsxwriter

from services.cli.machine.platform import Platform
from services.cli.setup.workbook import ACCOUNTS, SHEETS, SetupBook
from tests.commands import quanheng
from tests.nursery import QuickLauncher
from tests.patience import PATIENCE_SECONDS

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "a long test password"
ROWS: dict[str, list[list[str]]] = {
    "机关": [["机关代码*", "机关名称*"], ["330106", "测试区市场监督管理局"]],
    "信用主体": [
        ["主体编号", "主体类型*", "名称*", "监管机关代码*", "行业领域*", "地址", "电子邮箱"],
        [
            "S-1",
            "法人和非法人组织",
            "测试一号加油站",
            "330106",
            "加油站",
            "测试路1号",
            "a@t.example",
        ],
    ],
    "计量器具": [
        ["使用单位*", "器具类型*", "型号规格", "出厂编号*", "状态"],
        ["S-1", "燃油加油机", "JY-1", "A0001", "在用"],
        ["S-1", "燃油加油机", "JY-1", "A0002", "在用"],
    ],
    "检定记录": [
        ["使用单位", "器具类型*", "出厂编号*", "检定结果*", "检定日期*", "有效期至", "检定机构*"],
        ["S-1", "燃油加油机", "A0001", "合格", "2026-01-05", "2026-07-04", "测试检定机构"],
    ],
    "账号": [
        ["用户名*", "姓名*", "角色*", "机关代码", "主体"],
        ["li.ming", "测试办案人员", "办案人员", "330106", ""],
        ["wang.fang", "测试负责人", "单位负责人", "330106", ""],
        ["zhao.yi", "测试经营者", "经营者", "", "测试一号加油站"],
    ],
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def machine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Platform]:
    """A platform on an empty directory, without portal."""
    folder = tmp_path_factory.mktemp("bureau")
    platform = Platform(folder, sandbox=True, usual_ports=False, launcher=QuickLauncher)
    async with platform:
        await platform.wait_ready(PATIENCE_SECONDS)
        yield platform


def workbook(path: Path, **altered: list[list[str]]) -> Path:
    """The workbook of a bureau, with some sheets altered."""
    with xlsxwriter.Workbook(path) as book:
        for name, rows in (ROWS | altered).items():
            page = book.add_worksheet(name)
            for number, row in enumerate(rows):
                page.write_row(number, 0, row)
    return path


async def run(machine: Platform, home: Path, *words: str) -> tuple[int, str]:
    """Runs a command with a home; returns its exit status and its output."""
    settings = machine.settings
    status, out, _ = await quanheng(settings, home, *words, "--data", str(settings.data_dir))
    return status, out


async def answer(machine: Platform, home: Path, *words: str, status: int = 0) -> Any:
    code, out = await run(machine, home, *words, "--json")
    assert code == status, out
    return json.loads(out)


def first_passwords(file: Path) -> dict[str, str]:
    lines = file.read_text().splitlines() if file.exists() else []
    kept = (line.partition("\t") for line in lines)
    return {name: password for name, _, password in kept}


async def log_in(machine: Platform, home: Path, name: str, passwords: Path) -> None:
    given = ("--password", first_passwords(passwords)[name], "--new-password", PASSWORD)
    assert (await run(machine, home, "login", name, *given))[0] == 0


async def test_a_bureau_is_set_up_from_one_workbook(machine: Platform, tmp_path: Path) -> None:
    homes = {name: tmp_path / name for name in ("administrator", "li.ming", "wang.fang")}
    for home in homes.values():
        home.mkdir()
    chief, passwords = homes["administrator"], tmp_path / "passwords.txt"
    assert (await run(machine, chief, "login", "administrator", "--new-password", PASSWORD))[0] == 0

    await _template_and_faults(machine, chief, tmp_path, passwords)

    # The administrator brings bureaus and accounts, and no more.
    book = str(workbook(tmp_path / "bureau.xlsx"))
    apply = ("setup", book, "--apply", "--passwords", str(passwords))
    checked = await answer(machine, chief, "setup", book)
    assert (checked["well"], checked["made_accounts"]) == (True, [])
    done = await answer(machine, chief, *apply)
    assert done["made_accounts"] == ["li.ming", "wang.fang"]
    assert any("zhao.yi" in one for one in done["left"])  # its firm is not on file yet
    assert stat.S_IMODE(passwords.stat().st_mode) == 0o600

    # A caseworker brings the rest; nobody is alarmed, and the command may be run again.
    await log_in(machine, homes["li.ming"], "li.ming", passwords)
    loaded = await answer(machine, homes["li.ming"], "setup", book, "--apply")
    assert [batch["state"] for batch in loaded["batches"]] == ["applied"] * 3
    again = await answer(machine, homes["li.ming"], "setup", book, "--apply")
    assert again["batches"] == []

    # What stands red is released by somebody else.
    assert (await run(machine, chief, "check"))[0] == 0
    await log_in(machine, homes["wang.fang"], "wang.fang", passwords)
    untold = await answer(machine, homes["wang.fang"], "alert", "untold")
    assert [one["alert"]["serial_no"] for one in untold["alerts"]] == ["A0001"]
    code, _ = await run(machine, homes["li.ming"], "alert", "release", "--at-most", "9")
    assert code == 1
    told = await answer(machine, homes["wang.fang"], "alert", "release", "--at-most", "9")
    assert int(told["released"]) == 1

    # What waited for the register is made now.
    rest = await answer(machine, chief, *apply)
    assert rest["made_accounts"] == ["zhao.yi"]
    assert {*first_passwords(passwords)} == {"li.ming", "wang.fang", "zhao.yi"}


async def _template_and_faults(
    machine: Platform, chief: Path, tmp_path: Path, passwords: Path
) -> None:
    # The workbook that the command writes has every sheet.
    template = tmp_path / "template.xlsx"
    await run(machine, chief, "setup", "--template", str(template))
    assert set(SetupBook.read(template).sheets) == {*SHEETS.values(), ACCOUNTS}

    # Every fault is told by sheet and row, and nothing is done.
    owner = [ROWS["计量器具"][0], ["S-9", *ROWS["计量器具"][1][1:]]]
    bad = workbook(
        tmp_path / "bad.xlsx", 计量器具=owner, 账号=[ROWS["账号"][0], ["Li", "甲", "国王", "", ""]]
    )
    found = await answer(machine, chief, "setup", str(bad), "--apply", status=1)
    places = {(fault["sheet"], fault["row"], fault["column"]) for fault in found["faults"]}
    assert {("计量器具", 2, "使用单位*"), ("账号", 2, "用户名"), ("账号", 2, "角色")} <= places
    assert first_passwords(passwords) == {}

"""The command line itself: Chinese first, errors as sentences, an exit status that is true."""

from __future__ import annotations

import re

import pytest
import typer
from typer.testing import CliRunner

from law.errors import Fault, InvalidInput
from services.cli import __main__ as command_line
from tests.unit.services.cli.tree import commands

CHINESE = re.compile(r"[一-鿿]")


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_is_explained_in_chinese_first(name: str) -> None:
    command = ALL[name]
    assert CHINESE.match((command.help or "").strip()), f"{name} begins without Chinese"
    for parameter in command.params:
        explained = getattr(parameter, "help", None)
        assert CHINESE.match(explained or ""), (name, parameter.name)


def run_a_command_that(fails: Exception | None, monkeypatch: pytest.MonkeyPatch) -> int:
    app = typer.Typer()

    @app.command()
    def only() -> None:
        if fails:
            raise fails

    monkeypatch.setattr(command_line, "app", lambda: app(args=[], standalone_mode=True))
    return command_line.run()


def test_a_typed_error_is_said_in_both_languages_with_every_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = [Fault("name", "名称不能为空", "must not be empty")]
    error = InvalidInput("输入有误", "The input is wrong", faults=faults)
    assert run_a_command_that(error, monkeypatch) == 1
    said = capsys.readouterr().err
    for part in ("输入有误", "The input is wrong", "name", "名称不能为空", "must not be empty"):
        assert part in said
    assert "Traceback" not in said


def test_an_error_of_ours_is_shown_whole_and_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_a_command_that(ZeroDivisionError("ours"), monkeypatch) == 1
    assert "ZeroDivisionError: ours" in capsys.readouterr().err


@pytest.mark.parametrize(("end", "status"), [(None, 0), (typer.Exit(3), 3)])
def test_a_command_ends_with_its_own_status(
    end: Exception | None, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run_a_command_that(end, monkeypatch) == status


def run_command(*words: str) -> tuple[int, str]:
    ended = CliRunner().invoke(command_line.app, list(words))
    return ended.exit_code, ended.output


def test_the_version_is_told() -> None:
    assert re.fullmatch(r"quanheng \d+\.\d+\.\d+\n", run_command("--version")[1])


@pytest.mark.parametrize(
    ("words", "zh"),
    [
        ((), "用法 Usage"),
        (("nonsense",), "没有命令 nonsense"),
        (("objection", "accept"), "缺少 CASE"),
        (("objection", "accept", "x", "--nonsense"), "没有选项 --nonsense"),
        (("objection", "accept", "x", "y"), "多余的内容"),
        (("objection", "lodge", "--subject"), "选项 --subject 后应有内容"),
        (("objection", "extend", "x", "--days", "many", "--ground", "y"), "--days 应为整数"),
        (("objection", "list", "--limit", "0"), "--limit 超出范围"),
    ],
)
def test_a_fault_of_the_command_line_is_told_in_chinese_and_ends_with_2(
    words: tuple[str, ...], zh: str
) -> None:
    status, text = run_command(*words)
    assert (status, zh in text) == (2, True), text


def test_help_is_framed_in_chinese() -> None:
    status, text = run_command("objection", "accept", "--help")
    assert status == 0
    for part in ("用法 Usage", "参数 Arguments", "选项 Options", "必填 required", "显示本帮助"):
        assert part in text


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        (("record", "enter", "s", "--kind", "nonsense"), ("行政处罚 penalty", "投诉举报经查实")),
        (
            ("account", "create", "n", "--role", "x"),
            ("经营者 operator", "平台管理员 administrator"),
        ),
        (("subject", "add", "--sector", "x"), ("加油站 fuel_station", "集贸市场 market")),
        (("instrument", "state", "i", "x"), ("在用 in_use", "报废 scrapped")),
        (("escalation", "list", "--state", "x"), ("待批准 proposed", "各步已用尽 exhausted")),
        (("import", "template", "x"), ("机关 bureaus", "信用信息 records")),
        (("audit", "list", "x"), ("登记 registry", "预警 alerts")),
    ],
)
def test_a_refusal_of_a_code_lists_all_that_are_taken(
    words: tuple[str, ...], listed: tuple[str, ...]
) -> None:
    status, text = run_command(*words)
    whole = text.replace("│\n│", "").replace(" ", "")
    assert status == 2
    assert [part for part in listed if part.replace(" ", "") not in whole] == []

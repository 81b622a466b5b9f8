"""The command line itself: Chinese first, errors as sentences, an exit status that is true."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import typer
from typer.main import get_command

from law.errors import Fault, InvalidInput
from services.cli import __main__ as command_line

CHINESE = re.compile(r"[一-鿿]")


def commands(command: Any, name: str = "quanheng") -> Iterator[tuple[str, Any]]:
    yield name, command
    for part, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, f"{name} {part}")


ALL = dict(commands(get_command(command_line.app)))


@pytest.mark.parametrize("name", ALL)
def test_every_command_and_option_is_explained_in_chinese_first(name: str) -> None:
    command = ALL[name]
    assert CHINESE.match((command.help or "").strip()), f"{name} begins without Chinese"
    for parameter in command.params:
        explained = getattr(parameter, "help", None)
        assert parameter.name == "help" or CHINESE.match(explained or ""), (name, parameter.name)


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

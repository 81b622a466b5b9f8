"""`quanheng login` in a script, where nobody answers: it says which option is missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from protos.identity.v1 import identity_pb2 as pb
from services.cli import sessions
from services.cli.__main__ import app
from services.cli.commands import accounts


@pytest.fixture(autouse=True)
def _no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accounts, "platform_addresses", lambda _data: SimpleNamespace())


def login(*options: str) -> Result:
    return CliRunner().invoke(app, ["login", "somebody", *options])


def test_a_password_is_asked_for_or_given() -> None:
    ended = login()
    assert ended.exit_code == 2
    assert "请在终端里运行，或者用 --password 给出" in ended.output
    assert "run this in a terminal, or give --password" in ended.output


def test_one_of_the_cast_needs_no_password_on_its_own_machine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    members = [{"name": "demo.operator", "password": "synthetic-1"}]
    (tmp_path / "sandbox-cast.json").write_text(json.dumps(members))
    here = SimpleNamespace(data_dir=tmp_path, keys_dir=tmp_path)
    monkeypatch.setattr(accounts, "platform_addresses", lambda _data: here)
    used = list[tuple[str, str]]()

    async def log_in(_addresses: Any, name: str, password: str, _take: Any) -> None:
        used.append((name, password))

    monkeypatch.setattr(accounts, "log_in", log_in)
    monkeypatch.setattr(sessions, "keep", lambda *_: None)
    assert CliRunner().invoke(app, ["login", "demo.operator"]).exit_code == 0
    assert used == [("demo.operator", "synthetic-1")]
    asked = CliRunner().invoke(app, ["login", "demo.nobody"])
    assert (asked.exit_code, "用 --password 给出" in asked.output) == (2, True)


def test_nobody_is_warned_of_an_echo_where_there_is_no_terminal() -> None:
    command = [sys.executable, "-c", ASKING]
    nobody: dict[str, Any] = {"stdin": subprocess.DEVNULL, "start_new_session": True}
    ended = subprocess.run(command, check=False, capture_output=True, text=True, **nobody)
    assert ended.returncode == 2
    assert "请在终端里运行，或者用 --password 给出" in ended.stderr
    assert "echo" not in ended.stderr


ASKING = """
import sys, typer
from services.cli.commands.asking import ask_secret
try:
    ask_secret("密码 password", "--password")
except typer.Exit as ended:
    sys.exit(ended.exit_code)
"""


@pytest.mark.parametrize(
    ("step", "missing"),
    [
        (pb.LOGIN_STEP_NEW_PASSWORD, ", or give --new-password"),
        (pb.LOGIN_STEP_CODE, ", or give --code"),
        (pb.LOGIN_STEP_SET_UP_SECOND_FACTOR, "run this in a terminal"),
    ],
)
def test_a_further_step_names_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, step: pb.LoginStep.ValueType, missing: str
) -> None:
    async def log_in(_addresses: Any, _name: str, _password: str, take: Any) -> None:
        setup = pb.SecondFactorSetup(secret="SYNTHETIC", uri="otpauth://totp/synthetic")
        take(pb.LoginResponse(challenge="c", step=step, setup=setup))

    monkeypatch.setattr(accounts, "log_in", log_in)
    ended = login("--password", "correct-horse-battery")
    assert ended.exit_code == 2
    assert missing in ended.output

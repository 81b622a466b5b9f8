"""`quanheng login` in a script, where nobody answers: it says which option is missing."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from protos.identity.v1 import identity_pb2 as pb
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

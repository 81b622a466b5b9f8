"""`quanheng channel add`: secrets are asked for, or come from a file or the input."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from protos.alerts.v1 import channels_pb2 as pb
from services.cli.__main__ import app
from services.cli.commands import asking, webhooks

TOKEN, SECRET = "synthetic-token", "synthetic-secret"


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[pb.AddChannelRequest]:
    requests = list[pb.AddChannelRequest]()

    async def add(request: pb.AddChannelRequest) -> pb.AddChannelResponse:
        requests.append(request)
        return pb.AddChannelResponse()

    def with_client(_data: Any, work: Callable[[Any], Any]) -> Any:
        async def awaited() -> Any:
            return await work(SimpleNamespace(bureau_channels=SimpleNamespace(AddChannel=add)))

        return asyncio.run(awaited())

    monkeypatch.setattr(webhooks, "with_client", with_client)
    return requests


def add(service: str, *options: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["channel", "add", "330100", service, *options], input=typed)


def test_both_are_asked_for_and_not_shown(
    sent: list[pb.AddChannelRequest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "has_terminal", lambda: True)  # where somebody types
    ended = add("dingtalk", "--kind", "督促", typed=f"{TOKEN}\n{SECRET}\n")
    assert ended.exit_code == 0, ended.output
    [request] = sent
    assert (request.bureau, request.service) == ("330100", "dingtalk")
    assert (request.address, request.secret) == (TOKEN, SECRET)
    assert list(request.kinds) == ["escalation"]
    assert TOKEN not in ended.output
    assert SECRET not in ended.output


def test_a_secret_that_a_service_lacks_is_not_asked_for(sent: list[pb.AddChannelRequest]) -> None:
    assert add("企业微信", typed=f"{TOKEN}\n").exit_code == 0
    assert add("sms", typed="https://example.org/sms\n\n").exit_code == 0
    assert [(one.service, one.secret) for one in sent] == [("wecom", ""), ("sms", "")]


def test_they_come_from_a_file_and_the_input(
    sent: list[pb.AddChannelRequest], tmp_path: Path
) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    given = ("--address-file", str(tmp_path / "token"), "--secret-file", "-")
    assert add("dingtalk", *given, typed=f"{SECRET}\n").exit_code == 0
    given = ("--address-file", "-", "--secret-file", "-")
    assert add("dingtalk", *given, typed=f"{TOKEN}\n{SECRET}\n").exit_code == 0
    assert [(one.address, one.secret) for one in sent] == [(TOKEN, SECRET)] * 2


def test_where_nobody_answers_the_option_is_named(sent: list[pb.AddChannelRequest]) -> None:
    ended = add("wecom")
    assert ended.exit_code == 2
    assert "请在终端里运行，或者用 --address-file 给出" in ended.output
    assert sent == []

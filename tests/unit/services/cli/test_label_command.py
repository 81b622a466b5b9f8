"""Labels on the command line: those that a filter names are written as one PDF."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from plumbing.papers import label_sheet as sheets
from plumbing.settings import Settings
from protos.registry.v1 import registry_pb2 as pb
from services.cli.__main__ import app
from services.cli.commands import label_sheet as commands

LABELS = [
    pb.Label(code="3f9a01c2d4-7k3m9qxb", type_code="FUEL", serial_no="1"),
    pb.Label(code="4f9a01c2d4-7k3m9qxb", giai="40123454f9a01c2d47k3m9qxb", type_code="X"),
]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[pb.ListLabelsRequest]:
    """The requests that the register got; it answers with one label a page."""
    requests: list[pb.ListLabelsRequest] = []

    async def list_labels(request: pb.ListLabelsRequest) -> pb.ListLabelsResponse:
        requests.append(pb.ListLabelsRequest.FromString(request.SerializeToString()))
        if request.state == "spare":
            return pb.ListLabelsResponse()
        last = bool(request.page_token)
        return pb.ListLabelsResponse(
            labels=[LABELS[last]], next_page_token="" if last else "further"
        )

    async def clock(_request: Any) -> pb.GetClockResponse:
        return pb.GetClockResponse(today="2026-09-14")

    client = SimpleNamespace(
        registry=SimpleNamespace(ListLabels=list_labels), clock=SimpleNamespace(GetClock=clock)
    )

    def with_client(_data: Any, work: Callable[[Any], Any]) -> Any:
        async def awaited() -> Any:
            return await work(client)

        return asyncio.run(awaited())

    monkeypatch.setattr(commands, "with_client", with_client)
    monkeypatch.setattr(commands, "platform_settings", lambda _data: Settings())
    monkeypatch.setattr(sheets, "typeset", lambda *given: repr(given[1]).encode())
    return requests


def run(*options: str) -> Any:
    return CliRunner().invoke(app, ["instrument", "label-sheet", *options])


def test_every_page_of_labels_is_in_the_file(
    asked: list[pb.ListLabelsRequest], tmp_path: Path
) -> None:
    file = tmp_path / "labels.pdf"
    ended = run("--to", str(file), "--type", "FUEL", "--state", "in_use", "--layout", "a4-40")
    assert ended.exit_code == 0, ended.output
    assert [one.page_token for one in asked] == ["", "further"]
    assert {(one.type_code, one.state) for one in asked} == {("FUEL", "in_use")}
    written = file.read_text()
    for label in LABELS:
        assert label.code in written
    assert "'name': 'a4-40'" in written


@pytest.mark.parametrize(
    ("options", "told"), [(["--layout", "a5"], "a4-24"), (["--state", "spare"], "没有可以打印")]
)
def test_what_cannot_be_printed_is_told_and_writes_no_file(
    asked: list[pb.ListLabelsRequest], tmp_path: Path, options: list[str], told: str
) -> None:
    file = tmp_path / "labels.pdf"
    ended = run("--to", str(file), *options)
    assert ended.exit_code == 1
    assert told in ended.output
    assert not file.exists()

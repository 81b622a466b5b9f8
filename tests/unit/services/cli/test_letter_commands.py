"""Letters on the command line: written as PDF, and checked at whichever service wrote them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from plumbing.papers import letter_pdf as pdf
from plumbing.papers.typesetting import CannotTypeset
from plumbing.settings import Settings
from protos.alerts.v1 import escalations_pb2 as alerts
from protos.letters.v1 import letters_pb2 as letters
from protos.objection.v1 import objection_pb2 as objection
from services.cli.__main__ import app
from services.cli.commands import letters as commands

NUMBER = "异议处理决定书〔2026〕330106-0001号"
LETTER = objection.Letter(letter_id="l", title="异议处理决定书", body="甲：\n局\n日", number=NUMBER)
STEP = alerts.EscalationStep(
    letter_id="e", letter_title="提醒", body="甲：\n局\n日", number="提醒〔2026〕330106-0001号"
)


def answering(answer: Any) -> Callable[[Any], Awaitable[Any]]:
    async def call(_request: Any) -> Any:
        return answer

    return call


def checker(answer: letters.CheckLetterResponse) -> Any:
    return SimpleNamespace(CheckLetter=answering(answer))


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A platform with a letter of a case, one of an escalation, and a draft."""
    steps = [STEP, alerts.EscalationStep(body="草稿")]
    client = SimpleNamespace(
        objection=SimpleNamespace(GetCase=answering(objection.GetCaseResponse(letters=[LETTER]))),
        escalations=SimpleNamespace(
            GetEscalation=answering(alerts.GetEscalationResponse(steps=steps))
        ),
        letters=[checker(letters.CheckLetterResponse()), checker(letters.CheckLetterResponse())],
    )

    def with_client(_data: Any, work: Callable[[Any], Any]) -> Any:
        async def awaited() -> Any:
            return await work(client)

        return asyncio.run(awaited())

    monkeypatch.setattr(commands, "with_client", with_client)
    monkeypatch.setattr(commands, "platform_settings", lambda _data: Settings())
    monkeypatch.setattr(pdf, "typeset", lambda _template, values, _fonts: values["title"].encode())
    return client


@pytest.mark.parametrize(
    ("matter", "file", "content"),
    [("case-1", f"{NUMBER}.pdf", LETTER.title), ("s/1", f"{STEP.number}.pdf", "提醒")],
)
def test_every_letter_is_written(
    platform: SimpleNamespace, tmp_path: Path, matter: str, file: str, content: str
) -> None:
    ended = CliRunner().invoke(app, ["letter", "pdf", matter, "--out", str(tmp_path / "new")])
    assert ended.exit_code == 0, ended.output
    assert [path.name for path in (tmp_path / "new").iterdir()] == [file]
    assert (tmp_path / "new" / file).read_text() == content


def test_without_a_font_the_reason_is_told(
    platform: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_asked: Any) -> bytes:
        raise CannotTypeset("本机没有中文字体", "This machine has no Chinese font")

    monkeypatch.setattr(pdf, "typeset", refuse)
    ended = CliRunner().invoke(app, ["letter", "pdf", "case-1", "--out", str(tmp_path)])
    assert ended.exit_code == 1
    assert "本机没有中文字体" in ended.output


def test_a_letter_is_genuine_if_any_service_wrote_it(platform: SimpleNamespace) -> None:
    ended = CliRunner().invoke(app, ["letter", "check", NUMBER, "AAAA-BBBB"])
    assert ended.exit_code == 1
    found = letters.CheckLetterResponse(genuine=True, number=NUMBER, title="异议处理决定书")
    platform.letters[1] = checker(found)
    ended = CliRunner().invoke(app, ["letter", "check", NUMBER, "AAAA-BBBB"])
    assert ended.exit_code == 0, ended.output
    assert NUMBER in ended.output

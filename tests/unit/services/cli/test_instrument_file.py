"""The command that files the instruments of a file: what it sends, prints and ends with."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer

from protos.registry.v1 import registry_pb2 as pb
from services.cli.commands import instrument_file
from services.cli.output.language import Language, set_language

NEW = pb.Instrument(instrument_id="0123456789ab", type_code="FUEL", serial_no="NO-7")
WRONG = pb.RefusedCell(
    row=3, column="使用地点", message_zh="第 3 行有误", message_en="row 3 is wrong"
)


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """Runs the command against a registry that gives one answer; returns what it was asked."""
    file = tmp_path / "new.csv"
    file.write_bytes(b"content")

    def of(answer: pb.ImportInstrumentsResponse, **options: Any) -> pb.ImportInstrumentsRequest:
        asked: list[pb.ImportInstrumentsRequest] = []

        async def import_instruments(request: pb.ImportInstrumentsRequest) -> Any:
            asked.append(request)
            return answer

        imports = SimpleNamespace(ImportInstruments=import_instruments)

        def with_client(_data: Any, work: Any) -> Any:
            return asyncio.run(work(SimpleNamespace(imports=imports)))

        monkeypatch.setattr(instrument_file, "with_client", with_client)
        instrument_file.instrument_import(file, **options)
        return asked[0]

    return of


def test_what_was_filed_is_listed_and_counted(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    set_language(Language.ZH)
    asked = run(pb.ImportInstrumentsResponse(filed=[NEW], known=[NEW, NEW]))
    assert (asked.content, asked.check_only, bool(asked.request_id)) == (b"content", False, True)
    told = capsys.readouterr().out
    assert "NO-7" in told
    assert "已登记 1 台，以前已登记 2 台" in told


def test_a_check_tells_what_would_be_refused_and_ends_with_1(
    run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    set_language(Language.ZH)
    with pytest.raises(typer.Exit) as ended:
        run(pb.ImportInstrumentsResponse(filed=[NEW], refused=[WRONG]), check_only=True)
    assert ended.value.exit_code == 1
    captured = capsys.readouterr()
    assert "第 3 行有误" in captured.err
    assert "row 3 is wrong" in captured.err
    assert "可以登记" not in captured.out


def test_programs_get_the_whole_answer(run: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        run(pb.ImportInstrumentsResponse(refused=[WRONG]), check_only=True, as_json=True)
    assert json.loads(capsys.readouterr().out)["refused"][0]["row"] in (3, "3")

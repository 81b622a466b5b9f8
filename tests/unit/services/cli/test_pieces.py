"""Files that come piece by piece are saved whole or not at all, and sent after their header."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from protos.registry.v1 import upkeep_pb2 as pb
from services.cli import __main__ as command_line
from services.cli.commands import pieces


@pytest.fixture(autouse=True)
def _no_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_client(_data: Any, work: Callable[[Any], Any]) -> Any:
        return asyncio.run(work(None))

    monkeypatch.setattr(pieces, "with_client", with_client)


async def stored(_client: Any, offset: int) -> pb.ReadUpkeepFileResponse:
    return pb.ReadUpkeepFileResponse(content=b"0123456789"[offset : offset + 4])


async def cut_off(client: Any, offset: int) -> pb.ReadUpkeepFileResponse:
    if offset:
        raise ZeroDivisionError("cut off")
    return await stored(client, offset)


def test_a_file_is_saved_whole(tmp_path: Path) -> None:
    to = tmp_path / "a.png"
    pieces.save(stored, to, None)
    assert to.read_bytes() == b"0123456789"
    assert [one.name for one in tmp_path.iterdir()] == ["a.png"]


def test_one_that_is_cut_off_leaves_what_was_there(tmp_path: Path) -> None:
    to = tmp_path / "a.png"
    to.write_bytes(b"former")
    with pytest.raises(ZeroDivisionError):
        pieces.save(cut_off, to, None)
    assert to.read_bytes() == b"former"
    assert [one.name for one in tmp_path.iterdir()] == ["a.png"]


def test_a_folder_that_is_not_there_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    to = tmp_path / "no folder" / "a.png"
    monkeypatch.setattr(command_line, "app", lambda: pieces.save(stored, to, None))
    assert command_line.run() == 1
    told = capsys.readouterr().err
    assert f"无法读写 {to}" in told
    assert f"{to} cannot be read or written: No such file" in told
    assert "Traceback" not in told


async def test_a_file_is_sent_after_its_header(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    file.write_bytes(content := bytes(pieces.PIECE_BYTES) + b"end")
    header = pb.UpkeepFileHeader(upkeep_id="u", file_name=pieces.name_of(file))
    parts = pieces.parts_of(file, pb.UploadUpkeepFileRequest, header)
    first, *others = [one async for one in parts]
    assert first == pb.UploadUpkeepFileRequest(header=header)
    assert [len(one.content) for one in others] == [pieces.PIECE_BYTES, 3]
    assert b"".join(one.content for one in others) == content

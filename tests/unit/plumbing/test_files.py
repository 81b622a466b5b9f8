"""The store of files: pieces in, one file by its content out, and nothing left lying about."""

from __future__ import annotations

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from law.errors import InvalidInput
from plumbing.clock import FixedClock, SystemClock
from plumbing.file_kinds import FileKind
from plumbing.files import PIECE_BYTES, Files
from plumbing.settings import Settings

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 20_000  # several pieces of the store
LONGEST = 10 << 20
NOW = SystemClock().now()


async def pieces(content: bytes, size: int = 300_000, *, cut: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
    if cut:
        raise ConnectionResetError


@pytest.fixture(params=["directory", "elsewhere"])
def files(tmp_path: Path, request: pytest.FixtureRequest) -> Files:
    if request.param == "elsewhere":
        return Files(MemoryStore())
    return Files.of(Settings(data_dir=tmp_path))


async def whole(files: Files, sha256: str, size: int) -> bytes:
    content = b""
    while piece := await files.read(sha256, size, len(content)):
        assert len(piece) <= PIECE_BYTES
        content += piece
    return content


async def kept(files: Files) -> dict[str, int]:
    return {sha256: size async for sha256, size in files.sizes()}


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_a_file_is_stored_by_its_content_and_read_in_pieces(files: Files) -> None:
    stored = await files.receive(pieces(PDF), LONGEST)
    assert stored.sha256 == hashlib.sha256(PDF).hexdigest()
    assert (stored.size, stored.kind) == (len(PDF), FileKind.PDF)
    assert await whole(files, stored.sha256, stored.size) == PDF
    again = await files.receive(pieces(PDF, 7_777), LONGEST)
    assert again == stored
    assert await kept(files) == {stored.sha256: stored.size}


@pytest.mark.parametrize(
    ("kinds", "named"),
    [
        ({FileKind.PNG, FileKind.JPEG}, "请用 JPEG 或 PNG"),
        ({FileKind.DCC}, "请用 DCC（XML）"),
        ({FileKind.OFD, FileKind.DCC, FileKind.PNG}, "请用 OFD、DCC（XML） 或 PNG"),
    ],
)
async def test_a_file_of_another_kind_hears_which_are_taken_there(
    tmp_path: Path, kinds: set[FileKind], named: str
) -> None:
    files = Files.of(Settings(data_dir=tmp_path))
    with pytest.raises(InvalidInput) as refused:
        await files.receive(pieces(PDF), LONGEST, kinds)
    assert refused.value.zh == f"不是可以接受的文件；{named}"
    assert names_in(tmp_path) == []


async def test_what_is_refused_or_cut_off_leaves_nothing(tmp_path: Path) -> None:
    files = Files.of(Settings(data_dir=tmp_path))
    for content, longest in ((PDF, len(PDF) - 1), (b"MZ" + PDF, LONGEST), (b"", LONGEST)):
        with pytest.raises(InvalidInput):
            await files.receive(pieces(content), longest)
    with pytest.raises(ConnectionResetError):
        await files.receive(pieces(PDF, cut=True), LONGEST)
    assert names_in(tmp_path) == []
    assert (tmp_path / "files").stat().st_mode & 0o077 == 0


async def test_a_missing_file_is_told(files: Files) -> None:
    with pytest.raises(FileNotFoundError):
        await files.read("0" * 64, 10, 0)


async def test_only_what_no_row_names_is_swept_and_only_a_day_later(tmp_path: Path) -> None:
    files = Files.of(Settings(data_dir=tmp_path))
    named = await files.receive(pieces(PDF), LONGEST)
    orphan = await files.receive(pieces(PDF + b"2"), LONGEST)
    half = tmp_path / "files" / "incoming" / "dead#1"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half")

    async def known(digests: list[str]) -> set[str]:
        return {named.sha256} & set(digests)

    assert await files.sweep(known, FixedClock(NOW)) == 0
    assert len(names_in(tmp_path)) == 3
    assert await files.sweep(known, FixedClock(NOW + timedelta(days=2))) == 2
    assert names_in(tmp_path) == [named.sha256]
    assert orphan.sha256 not in await kept(files)


async def test_a_file_sent_anew_is_fresh_again(tmp_path: Path) -> None:
    files = Files.of(Settings(data_dir=tmp_path))
    stored = await files.receive(pieces(PDF), LONGEST)
    old = (NOW - timedelta(days=5)).timestamp()
    address = tmp_path / "files" / "sha256" / stored.sha256[:2] / stored.sha256
    os.utime(address, (old, old))
    await files.receive(pieces(PDF), LONGEST)  # its row is about to be written

    async def nothing(_digests: list[str]) -> set[str]:
        return set()

    assert await files.sweep(nothing, FixedClock(NOW)) == 0
    assert names_in(tmp_path) == [stored.sha256]

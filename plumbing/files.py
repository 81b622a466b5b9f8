"""Stores files under the SHA-256 of their content: in a directory, or in any S3 bucket.

A file is received piece by piece and never held in memory. While it is received it has a name of
its own under `incoming/`; once it is complete and was looked at, it moves to its address. The row
that refers to it is written afterwards, so a crash in between leaves at most a file that no row
names, which `sweep` deletes a day later. The same content has the same address and is stored once.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO, Any, cast
from uuid import uuid4

import obstore
from obstore.store import LocalStore, from_url

from law.errors import InvalidInput, LawError
from plumbing.chunks import chunks
from plumbing.clock import Clock
from plumbing.file_kinds import HEAD_BYTES, FileKind, kind_of, listed
from plumbing.settings import Settings
from plumbing.virus_scan import VirusScan

PIECE_BYTES = 1 << 20
FORGOTTEN_AFTER = timedelta(days=1)  # longer than any upload lasts
_INCOMING, _KEPT = "incoming", "sha256"
_AT_ONCE = 500
Known = Callable[[list[str]], Awaitable[set[str]]]


@dataclass(frozen=True)
class StoredFile:
    """A file in the store: the SHA-256 of its content in hex, its length in bytes, its kind."""

    sha256: str
    size: int
    kind: FileKind


class Files:
    """The store of files of a service."""

    def __init__(
        self, store: Any, directory: Path | None = None, scan: VirusScan | None = None
    ) -> None:
        """Takes an obstore store; `directory` is its directory if it is on this machine.

        `scan` looks at each file before it is kept.
        """
        self._store, self._directory, self._scan = store, directory, scan

    @classmethod
    def of(cls, settings: Settings, area: str = "") -> Files:
        """Opens the store that the deployment's settings name, or one area of it.

        Each service that stores files has its own area, since it deletes what none of its rows
        names; that of the registry has no name. The keys of a bucket come from the variables of the
        AWS programs, such as AWS_ACCESS_KEY_ID.
        """
        scan = VirusScan.of(settings)
        if settings.files_url:
            return cls(from_url("/".join(filter(None, (settings.files_url, area)))), scan=scan)
        directory = settings.files_dir / area
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(LocalStore(directory), directory, scan)

    async def receive(
        self,
        pieces: AsyncIterator[bytes],
        longest: int,
        kinds: Collection[FileKind] = frozenset(FileKind),
    ) -> StoredFile:
        """Stores a file from its pieces and returns its address, length and kind.

        Raises InvalidInput for a file that is empty, longer than `longest` bytes, of another kind
        than `kinds` or harmful, and ScanFailed; nothing of it is kept. The same holds for every
        error that `pieces` raises.
        """
        place = f"{_INCOMING}/{uuid4().hex}"
        digest, size, head = hashlib.sha256(), 0, b""
        async with obstore.open_writer_async(self._store, place, buffer_size=PIECE_BYTES) as writer:
            async for piece in pieces:
                size += len(piece)
                if size > longest:
                    raise _too_long(longest)
                digest.update(piece)
                head += piece[: HEAD_BYTES - len(head)]
                await writer.write(piece)
        try:
            kind = await self._kind(head, place, kinds)
            if self._scan is not None:
                await self._scan.look(self._read_whole(place, size))
        except LawError:
            await obstore.delete_async(self._store, place)
            raise
        stored = StoredFile(digest.hexdigest(), size, kind)
        await obstore.rename_async(self._store, place, _address(stored.sha256))
        return stored

    async def _kind(self, head: bytes, place: str, kinds: Collection[FileKind]) -> FileKind:
        if not head:
            raise InvalidInput("文件是空的", "The file is empty")
        whole = cast("Callable[[], IO[bytes]]", partial(obstore.open_reader, self._store, place))
        kind = await asyncio.to_thread(kind_of, head, whole)
        if kind is None or kind not in kinds:
            zh, en = listed(kinds)
            raise InvalidInput(
                f"不是可以接受的文件；请用 {zh}", f"The file is of no accepted kind; use {en}"
            )
        return kind

    async def read(self, sha256: str, size: int, offset: int) -> bytes:
        """Returns a piece of a file of `size` bytes from a place on; empty at its end.

        Raises FileNotFoundError if the store has no such file.
        """
        return await self._piece(_address(sha256), size, offset)

    def pieces(self, sha256: str, size: int) -> AsyncIterator[bytes]:
        """Yields a file of `size` bytes piece by piece; raises FileNotFoundError without it."""
        return self._read_whole(_address(sha256), size)

    async def keep(self, content: bytes, kind: FileKind) -> StoredFile:
        """Stores a small file that this platform has made itself."""
        stored = StoredFile(hashlib.sha256(content).hexdigest(), len(content), kind)
        await obstore.put_async(self._store, _address(stored.sha256), content)
        return stored

    async def take(self, sha256: str, pieces: AsyncIterator[bytes]) -> None:
        """Stores a file of another store under its address there.

        Raises ValueError if its content is another; nothing of it is kept then.
        """
        place, digest = f"{_INCOMING}/{uuid4().hex}", hashlib.sha256()
        async with obstore.open_writer_async(self._store, place, buffer_size=PIECE_BYTES) as writer:
            async for piece in pieces:
                digest.update(piece)
                await writer.write(piece)
        if digest.hexdigest() != sha256:
            await obstore.delete_async(self._store, place)
            raise ValueError(sha256)
        await obstore.rename_async(self._store, place, _address(sha256))

    async def _piece(self, place: str, size: int, offset: int) -> bytes:
        length = min(PIECE_BYTES, size - offset)
        if length <= 0:
            return b""
        piece = await obstore.get_range_async(self._store, place, start=offset, length=length)
        return bytes(piece)

    async def _read_whole(self, place: str, size: int) -> AsyncIterator[bytes]:
        offset = 0
        while piece := await self._piece(place, size, offset):
            yield piece
            offset += len(piece)

    async def sizes(self) -> AsyncIterator[tuple[str, int]]:
        """Yields the SHA-256 and the length of every file in the store."""
        async for found in obstore.list(self._store, _KEPT):
            for one in found:
                yield _name(one["path"]), one["size"]

    async def sweep(self, known: Known, clock: Clock) -> int:
        """Deletes what was left behind a day ago or earlier; returns the number of files.

        These are uploads that were cut off and files that no row names. `known` returns which of
        some SHA-256 values a row names. `clock` is the machine's, not that of a sandbox.
        """
        before = clock.now() - FORGOTTEN_AFTER
        left = [one async for one in self._older(_INCOMING, before)]
        for paths in chunks([one async for one in self._older(_KEPT, before)], _AT_ONCE):
            named = await known([_name(path) for path in paths])
            left += [path for path in paths if _name(path) not in named]
        swept = [path for path in left if await self._is_older(path, before)]
        for path in swept:
            await obstore.delete_async(self._store, path)
        return len(swept) + await asyncio.to_thread(self._sweep_halves, before)

    async def _older(self, prefix: str, before: datetime) -> AsyncIterator[str]:
        async for found in obstore.list(self._store, prefix):
            for one in found:
                if one["last_modified"] < before:
                    yield one["path"]

    async def _is_older(self, path: str, before: datetime) -> bool:
        """Whether it is still as old: the same content may have been sent anew meanwhile."""
        try:
            return bool((await obstore.head_async(self._store, path))["last_modified"] < before)
        except FileNotFoundError:
            return False

    def _sweep_halves(self, before: datetime) -> int:
        """Deletes the halves of uploads during which a process died, which no list shows."""
        halves = list(_halves(self._directory, before)) if self._directory else []
        for path in halves:
            path.unlink(missing_ok=True)
        return len(halves)


def _halves(directory: Path, before: datetime) -> Iterator[Path]:
    paths: Iterable[Path] = (directory / _INCOMING).glob("*#*")
    for path in paths:
        if datetime.fromtimestamp(path.stat().st_mtime, UTC) < before:
            yield path


def _address(sha256: str) -> str:
    return f"{_KEPT}/{sha256[:2]}/{sha256}"


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _too_long(longest: int) -> InvalidInput:
    return InvalidInput(f"文件超过 {longest} 字节", f"The file is longer than {longest} bytes")

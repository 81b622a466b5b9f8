"""Packs files into a ZIP while it is sent, so that memory never holds more than a piece of one."""

from __future__ import annotations

import re
import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime

_NOT_IN_NAMES = re.compile(r"[^\w\-. （）()〔〕]+")
LONGEST_NAME = 120


@dataclass(frozen=True)
class Packed:
    """A file to be packed: its name in the archive, its date, and its content in pieces."""

    name: str
    at: datetime
    pieces: AsyncIterator[bytes]


class _Sink:
    """Takes what a ZIP writer writes, until it is sent."""

    def __init__(self) -> None:
        self._held = bytearray()

    def write(self, piece: bytes, /) -> int:
        self._held += piece
        return len(piece)

    def flush(self) -> None:
        """Does nothing: `take` empties the sink."""

    def close(self) -> None:
        """Does nothing: the last piece is still to be taken."""

    def take(self) -> bytes:
        held, self._held = bytes(self._held), bytearray()
        return held


async def packed(files: AsyncIterator[Packed]) -> AsyncIterator[bytes]:
    """Yields a ZIP with the given files in pieces; the files are stored as they are."""
    sink = _Sink()
    archive = zipfile.ZipFile(sink, "w")
    async for file in files:
        entry = zipfile.ZipInfo(file.name, file.at.timetuple()[:6])
        with archive.open(entry, "w") as part:
            async for piece in file.pieces:
                part.write(piece)
                yield sink.take()
    archive.close()
    yield sink.take()


class Names:
    """Gives the files of an archive names that every system can store, each name once."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def name(self, wanted: str, extension: str) -> str:
        """Returns a name that is as much like the wanted one as possible."""
        stem = plain_name(wanted)
        name, number = f"{stem}.{extension}", 1
        while name.lower() in self._given:
            number += 1
            name = f"{stem}-{number}.{extension}"
        self._given.add(name.lower())
        return name


def plain_name(wanted: str) -> str:
    """Returns a text without what a file's name must not have, such as slashes."""
    return _NOT_IN_NAMES.sub("_", wanted).strip(" ._")[:LONGEST_NAME] or "file"

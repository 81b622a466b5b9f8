"""Old workbooks: which cells hold an error, read from the records of their binary stream.

Only what is needed for that: the compound file's directory and sector chains, and of the workbook
stream (BIFF8) the place of a sheet and its formulas and error values.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

END_OF_CHAIN = 0xFFFFFFFA  # this and above are no sectors
DIRECTORY_ENTRY, HEADER_CHAINS = 128, 109
SHEET, FORMULA, ERROR_OR_FLAG, END = 0x85, 0x06, 0x205, 0x0A
ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}


class _Entry(NamedTuple):
    """One stream of a compound file."""

    name: str
    start: int
    size: int


def failed_cells(content: bytes, sheet: str) -> Mapping[int, Mapping[int, str]]:
    """By row and place, the cells of a sheet that show an error.

    Raises struct.error or IndexError for a file that is damaged.
    """
    stream = _Compound(content).stream("Workbook")
    failed: dict[int, dict[int, str]] = defaultdict(dict)
    place = next((place for name, place in _sheets(stream) if name == sheet), None)
    for kind, body in _records(stream, place) if place is not None else ():
        if kind == END:
            break
        code = _error(kind, body)
        if code is not None:
            row, column = struct.unpack_from("<HH", body)
            failed[row + 1][column] = ERRORS.get(code, "")
    return failed


def _error(kind: int, body: bytes) -> int | None:
    if kind == FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
        return body[8]
    if kind == ERROR_OR_FLAG and body[7]:
        return body[6]
    return None


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    for kind, body in _records(stream, 0):
        if kind == END:
            return
        if kind == SHEET:
            wide = body[7] & 1
            letters = body[8 : 8 + body[6] * (2 if wide else 1)]
            yield letters.decode("utf-16-le" if wide else "latin-1"), *struct.unpack("<I", body[:4])


def _records(stream: bytes, place: int) -> Iterator[tuple[int, bytes]]:
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + size]
        place += 4 + size


class _Compound:
    """A compound file: streams in chains of sectors, small ones within the root's own stream."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        shift, small_shift = struct.unpack_from("<HH", content, 30)
        self._sector, self._small_sector = 1 << shift, 1 << small_shift
        directory, _, self._small_from, small_table = struct.unpack_from("<4I", content, 48)
        self._table = self._sectors_of(self._table_sectors())
        self._entries = list(self._directory(self._chain(directory, self._table)))
        self._small_table = self._sectors_of(self._chained(small_table, self._table))

    def stream(self, name: str) -> bytes:
        """The content of a stream; nothing where there is none of this name."""
        entry = next((entry for entry in self._entries if entry.name == name), None)
        if entry is None:
            return b""
        if entry.size >= self._small_from:
            return self._chain(entry.start, self._table)[: entry.size]
        root = self._chain(self._entries[0].start, self._table)
        size = self._small_sector
        places = self._chained(entry.start, self._small_table)
        return b"".join(root[n * size : (n + 1) * size] for n in places)[: entry.size]

    def _table_sectors(self) -> Iterator[int]:
        listed = struct.unpack_from(f"<{HEADER_CHAINS}I", self._content, 76)
        yield from (sector for sector in listed if sector < END_OF_CHAIN)
        (following,) = struct.unpack_from("<I", self._content, 68)
        for _ in range(len(self._content) // self._sector):
            if following >= END_OF_CHAIN:
                return
            *more, following = self._numbers(following)
            yield from (sector for sector in more if sector < END_OF_CHAIN)

    def _sectors_of(self, sectors: Iterator[int]) -> list[int]:
        return [number for sector in sectors for number in self._numbers(sector)]

    def _numbers(self, sector: int) -> tuple[int, ...]:
        return struct.unpack(f"<{self._sector // 4}I", self._at(sector))

    def _at(self, sector: int) -> bytes:
        start = (sector + 1) * self._sector
        return self._content[start : start + self._sector]

    def _chained(self, sector: int, table: list[int]) -> Iterator[int]:
        for _ in table:  # no chain is longer, unless it goes round and round
            if sector >= END_OF_CHAIN:
                return
            yield sector
            sector = table[sector]

    def _chain(self, sector: int, table: list[int]) -> bytes:
        return b"".join(map(self._at, self._chained(sector, table)))

    def _directory(self, listed: bytes) -> Iterator[_Entry]:
        for place in range(0, len(listed) - DIRECTORY_ENTRY + 1, DIRECTORY_ENTRY):
            entry = listed[place : place + DIRECTORY_ENTRY]
            (length,) = struct.unpack_from("<H", entry, 64)
            start, size = struct.unpack_from("<II", entry, 116)
            name = entry[: max(0, length - 2)].decode("utf-16-le", errors="replace")
            yield _Entry(name, start, size)

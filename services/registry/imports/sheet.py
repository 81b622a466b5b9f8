"""A file as rows of cells: its encoding, its delimiter, and what cannot be read of it.

Nothing is decoded twice into memory: lines are decoded as they are read.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

UTF8, GB18030 = "utf-8-sig", "gb18030"
DELIMITERS = ",;\t"
_BOM16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LONGEST_CELL = 131_072  # the csv module's own limit


class Row(NamedTuple):
    """One row; `broken` says in both languages why it cannot be read, with a stable reason."""

    number: int
    cells: list[str]
    broken: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class Sheet:
    """A file as it was found."""

    content: bytes
    encoding: str
    delimiter: str

    def rows(self) -> Iterator[Row]:
        """Every row with something in it, the header among them; the first is number 1."""
        lines = _Lines(self.content, self.encoding)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        number = 0
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                lines.take_broken()
                yield Row(number, [], _unreadable(error))
                continue
            broken = lines.take_broken()
            if any(cell.strip() for cell in cells):
                yield Row(number, cells, _UNDECODABLE if broken else None)


_UNDECODABLE = (
    "BAD_ENCODING",
    "含有无法解码的字节，请检查文件编码",
    "holds bytes that cannot be decoded; see the encoding",
)


def _unreadable(error: csv.Error) -> tuple[str, str, str]:
    if "field larger" in str(error):
        zh = f"单元格超过 {LONGEST_CELL} 个字符"
        return "HUGE_CELL", zh, f"a cell is longer than {LONGEST_CELL} characters"
    return "BAD_QUOTES", "引号不配对，此行无法读取", f"the row cannot be read: {error}"


class _Lines:
    """The lines of a file, decoded one by one."""

    def __init__(self, content: bytes, encoding: str) -> None:
        start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
        self._lines = io.BytesIO(content)
        self._lines.seek(start)
        self._encoding = "utf-8" if encoding == UTF8 else encoding
        self._broken = False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        try:
            return line.decode(self._encoding)
        except UnicodeDecodeError:
            self._broken = True
            return line.decode(self._encoding, errors="replace")

    def take_broken(self) -> bool:
        """Whether a line read since the last time could not be decoded."""
        broken, self._broken = self._broken, False
        return broken


def look_at(content: bytes) -> Sheet:
    """Finds out how a file is to be read."""
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")  # as old spreadsheet programs end their lines
    encoding = _encoding(content)
    return Sheet(content, encoding, _delimiter(content, encoding))


def is_utf16(content: bytes) -> bool:
    """Whether it is what some spreadsheet programs call Unicode text."""
    return content.startswith(_BOM16)


def _encoding(content: bytes) -> str:
    """UTF-8 where every line is; else GB 18030, unless more lines speak for UTF-8 than against.

    GB 18030 decodes almost anything, so a file in UTF-8 with one broken row would come out as
    gibberish without a word.
    """
    if content.startswith(codecs.BOM_UTF8):
        return UTF8
    good = bad = 0
    for line in io.BytesIO(content):
        if not line.isascii():
            if _decodes(line, "utf-8"):
                good += 1
            else:
                bad += 1
    return UTF8 if good >= bad else GB18030


def _decodes(line: bytes, encoding: str) -> bool:
    try:
        line.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(content: bytes, encoding: str) -> str:
    head = next(iter(_Lines(content, encoding)), "")
    bare = "".join(head.split('"')[::2])  # what stands outside quotes
    return max(DELIMITERS, key=bare.count)

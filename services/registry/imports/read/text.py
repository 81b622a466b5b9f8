"""A text file as rows of cells: its encoding, its delimiter, and what cannot be read of it.

Lines are decoded as they are read, and none that is longer than a row may be is read whole.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from services.registry.imports.read.limits import FileLimits

UTF8, GB18030, UTF16 = "utf-8-sig", "gb18030", "utf-16"
DELIMITERS = ",;\t"
REPLACED = "\ufffd"  # what stands for bytes that are no text
_BOM16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LONGEST_ROW = 1024 * 1024  # bytes; a row of more cells or lines than that is none


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
    limits: FileLimits
    sheet = ""

    def rows(self) -> Iterator[Row]:
        """Every row with something in it, the header among them; the first is number 1."""
        lines = _Lines(self.content, self.encoding)
        reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
        number = 0
        while True:
            number += 1
            lines.begin_row()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _LongRowError) as error:
                yield Row(number, [], self._unreadable(error))
                continue
            if any(cell.strip() for cell in cells):
                yield self._row(number, cells, lines)

    def _row(self, number: int, cells: list[str], lines: _Lines) -> Row:
        if any(len(cell) > self.limits.cell for cell in cells):
            return Row(number, [], huge_cell(self.limits.cell))
        return Row(number, cells, _UNDECODABLE if lines.broken else None)

    def _unreadable(self, error: Exception) -> tuple[str, str, str]:
        if isinstance(error, _LongRowError):
            zh = f"此行超过 {LONGEST_ROW} 字节，可能是引号不配对"
            return "HUGE_ROW", zh, f"the row has over {LONGEST_ROW} bytes; see its quotes"
        if "field larger" in str(error):
            return huge_cell(csv.field_size_limit())
        return "BAD_QUOTES", "引号不配对，此行无法读取", f"the row cannot be read: {error}"


_UNDECODABLE = (
    "BAD_ENCODING",
    "含有无法解码的字节，请检查文件编码",
    "holds bytes that cannot be decoded; see the encoding",
)


def huge_cell(limit: int) -> tuple[str, str, str]:
    """What is wrong with a row that has a cell too long."""
    return "HUGE_CELL", f"单元格超过 {limit} 个字符", f"a cell is longer than {limit} characters"


class _LongRowError(Exception):
    """A row goes on and on."""


class _Lines:
    """The lines of a file, decoded one by one; `broken` where one of a row could not be."""

    def __init__(self, content: bytes, encoding: str) -> None:
        start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
        self._lines = io.BytesIO(content)
        self._lines.seek(start)
        self._encoding = "utf-8" if encoding in (UTF8, UTF16) else encoding
        self._taken = 0
        self.broken = False

    def begin_row(self) -> None:
        """What follows is another row."""
        self._taken, self.broken = 0, False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.readline(LONGEST_ROW)
        if not line:
            raise StopIteration
        self._taken += len(line)
        if self._taken >= LONGEST_ROW:
            self._skip(line)
            raise _LongRowError
        try:
            text = line.decode(self._encoding)
        except UnicodeDecodeError:
            text = line.decode(self._encoding, errors="replace")
        if "\0" in text:
            text = text.replace("\0", REPLACED)
        self.broken = self.broken or REPLACED in text
        return text

    def _skip(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self._lines.readline(LONGEST_ROW)


def open_text(content: bytes, limits: FileLimits) -> Sheet:
    """Finds out how a file is to be read."""
    if content.startswith(_BOM16):
        content, encoding = content.decode("utf-16", errors="replace").encode(), UTF16
    else:
        encoding = _encoding(content)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")  # as old spreadsheet programs end their lines
    return Sheet(content, encoding, _delimiter(content, encoding), limits)


def _encoding(content: bytes) -> str:
    """UTF-8 where every line is; else GB 18030, unless more lines speak for UTF-8 than against.

    GB 18030 decodes almost anything, so a file in UTF-8 with one broken row would come out as
    gibberish without a word.
    """
    if content.startswith(codecs.BOM_UTF8):
        return UTF8
    good = bad = 0
    lines = io.BytesIO(content)
    while line := lines.readline(LONGEST_ROW):
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
    try:
        head = next(iter(_Lines(content, encoding)), "")
    except _LongRowError:
        return DELIMITERS[0]
    bare = "".join(head.split('"')[::2])  # what stands outside quotes
    return max(DELIMITERS, key=bare.count)

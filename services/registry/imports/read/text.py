"""Reads a text file as rows of cells: finds its encoding, its delimiter, and unreadable rows.

Lines are decoded one by one, and a line that is too long for a row is never loaded into memory.
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
REPLACED = "\ufffd"  # stands for bytes that are no text
_BOM16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
LONGEST_ROW = 1024 * 1024  # bytes of a row, with all of its lines


class Number(str):
    """A cell that a workbook stores as a number, maybe not as it was typed: 007 is stored as 7."""

    __slots__ = ()


class Failed(str):
    """A cell whose formula has no value; its text is the shown error, such as #N/A, or empty."""

    __slots__ = ()


class Row(NamedTuple):
    """One row of a file, with its number from 1.

    If it cannot be read, `broken` has the reason code and the explanation in Chinese and English.
    `hidden` tells that a workbook hides the row, or that its filter leaves it out.
    """

    number: int
    cells: list[str]
    broken: tuple[str, str, str] | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Sheet:
    """The content of a text file with its encoding and delimiter, readable as rows."""

    content: bytes
    encoding: str
    delimiter: str
    limits: FileLimits
    sheet = ""

    def rows(self) -> Iterator[Row]:
        """Yields every row that is not blank, the header included; the first row is number 1."""
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
            if any(map(str.strip, cells)):
                yield self._row(number, cells, lines)

    def _row(self, number: int, cells: list[str], lines: _Lines) -> Row:
        # A cell has no more characters than its row has bytes.
        if lines.row_bytes > self.limits.cell and max(map(len, cells)) > self.limits.cell:
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
    """Returns the reason code and texts for a row with a cell longer than `limit` characters."""
    return "HUGE_CELL", f"单元格超过 {limit} 个字符", f"a cell is longer than {limit} characters"


class _LongRowError(Exception):
    """A row is longer than LONGEST_ROW."""


class _Lines:
    """The lines of a file, decoded one by one.

    `broken` is true where a line of the present row could not be decoded; `row_bytes` is its
    length so far.
    """

    def __init__(self, content: bytes, encoding: str) -> None:
        start = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
        self._lines = io.BytesIO(content)
        self._lines.seek(start)
        self._encoding = "utf-8" if encoding in (UTF8, UTF16) else encoding
        self.row_bytes = 0
        self.broken = False

    def begin_row(self) -> None:
        """Resets the counters of the present row; the next line belongs to another row."""
        self.row_bytes, self.broken = 0, False

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._lines.readline(LONGEST_ROW)
        if not line:
            raise StopIteration
        self.row_bytes += len(line)
        if self.row_bytes >= LONGEST_ROW:
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
    """Opens a text file and determines its encoding and its delimiter."""
    if content.startswith(_BOM16):
        content, encoding = content.decode("utf-16", errors="replace").encode(), UTF16
    else:
        encoding = _encoding(content)
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")  # as old spreadsheet programs end their lines
    return Sheet(content, encoding, _delimiter(content, encoding), limits)


def _encoding(content: bytes) -> str:
    """UTF-8 where at least as many lines are UTF-8 as are not, else GB 18030.

    GB 18030 decodes almost anything: a file in UTF-8 with one broken row would otherwise be read as
    gibberish without any fault.
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

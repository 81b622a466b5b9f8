"""Finds macros, the first day of dates, and failed formulas, which the reading library ignores.

The library returns a cell whose formula failed, or was never computed, as a blank one. A blank cell
may be imported, a failed formula must not; so failed formulas are searched in the XML of the sheet.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from xml.parsers import expat

ZIP = b"PK\x03\x04"
HEADER_ROWS = 20  # among so many first rows the header is looked for
PIECE = 1024 * 1024
SMALL_PART = 16 * PIECE
_MAY_FAIL = re.compile(rb"<(?:\w+:)?f[\s/>]|\bt=[\"']e[\"']")
_FROM_1904 = re.compile(rb"\bdate1904=[\"'](?:1|true)[\"']")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def has_macros(content: bytes) -> bool:
    """Returns whether a workbook contains macros; they are never run and never stored."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return any(name.lower().endswith("vbaproject.bin") for name in parts.namelist())


def counts_from_1904(content: bytes) -> bool:
    """Returns whether the workbook's days may be counted from 1904 instead of 1900."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return bool(_FROM_1904.search(_part(parts, "xl/workbook.xml")))


def failed_cells(content: bytes, sheet: str) -> Mapping[int, Mapping[int, str]]:
    """Returns the error text of each cell whose formula has no value.

    The keys are the row, from 1, and the column, from 0.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        path = _path(parts, sheet)
        if path is None or not _may_fail(parts, path):
            return {}
        cells = _FailedCells()
        with parts.open(path) as stream:
            while piece := stream.read(PIECE):
                cells.parser.Parse(piece)
        return cells.failed


def column_of(letters: str) -> int:
    """Returns the number of a column from its letters: A is 0."""
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - ord("A") + 1
    return place - 1


def letters_of(place: int) -> str:
    """Returns the letters of a column from its number: 0 is A."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _part(parts: zipfile.ZipFile, path: str) -> bytes:
    with parts.open(path) as stream:
        return stream.read(SMALL_PART)


def _may_fail(parts: zipfile.ZipFile, path: str) -> bool:
    before = b""
    with parts.open(path) as stream:
        while piece := stream.read(PIECE):
            if _MAY_FAIL.search(before + piece):
                return True
            before = piece[-64:]
    return False


def _path(parts: zipfile.ZipFile, sheet: str) -> str | None:
    targets = {
        attributes.get("Id"): attributes.get("Target", "")
        for attributes in _elements(_part(parts, "xl/_rels/workbook.xml.rels"), "Relationship")
    }
    for attributes in _elements(_part(parts, "xl/workbook.xml"), "sheet"):
        if attributes.get("name") == sheet:
            key = next((value for name, value in attributes.items() if name.endswith(":id")), "")
            target = targets.get(key, "")
            path = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            return path if path in parts.namelist() else None
    return None


def _elements(xml: bytes, tag: str) -> Iterator[dict[str, str]]:
    """The attributes of every element with this name."""
    elements: list[dict[str, str]] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == tag:
            elements.append(attributes)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(xml, True)
    return iter(elements)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class _FailedCells:
    """Reads the XML of a sheet and keeps the cells whose formula failed."""

    def __init__(self) -> None:
        self.failed: dict[int, dict[int, str]] = defaultdict(dict)
        self._row, self._place = 0, -1
        self._formula = self._value = self._error = self._in_error = False
        self._shown = ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        match _local(name):
            case "row":
                self._row = int(attributes.get("r", self._row + 1))
                self._place = -1
            case "c":
                self._begin_cell(attributes)
            case "f":
                self._formula = True
            case "v" | "is":
                self._value = True
                self._in_error = self._error

    def _begin_cell(self, attributes: dict[str, str]) -> None:
        reference = _REFERENCE.fullmatch(attributes.get("r", ""))
        self._place = column_of(reference[1]) if reference else self._place + 1
        self._row = int(reference[2]) if reference else self._row
        self._error = attributes.get("t") == "e"
        self._formula = self._value = False
        self._shown = ""

    def _text(self, text: str) -> None:
        if self._in_error:
            self._shown += text

    def _end(self, name: str) -> None:
        self._in_error = False
        if _local(name) == "c" and (self._error or (self._formula and not self._value)):
            self.failed[self._row][self._place] = self._shown[:20]

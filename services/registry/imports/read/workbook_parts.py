"""Finds what the reading library ignores: macros, failed formulas, hidden rows, notes in cells.

The library returns a cell whose formula failed, or was never computed, as a blank one. A blank cell
may be imported, a failed formula must not; so failed formulas are searched in the XML of the sheet.
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from xml.parsers import expat

ZIP = b"PK\x03\x04"
HEADER_ROWS = 20  # among so many first rows the header is looked for
PIECE = 1024 * 1024
SMALL_PART = 16 * PIECE
OVERLAP = 512  # bytes: longer than the start tag of a row
_MAY_FAIL = re.compile(rb"<(?:\w+:)?f[\s/>]|\bt=[\"']e[\"']")
_FROM_1904 = re.compile(rb"\bdate1904=[\"'](?:1|true)[\"']")
_MAY_HIDE = re.compile(rb"<(?:\w+:)?row\b[^>]*\bhidden=[\"'](?:1|true)[\"']")
COMMENTS = 200  # notes in cells that are told of
COMMENT_LENGTH = 100
_VALUE = re.compile(rb"<(?:\w+:)?(?:v|is)[\s>]")
_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")


def has_macros(content: bytes) -> bool:
    """Returns whether a workbook contains macros; they are never run and never stored."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return any(name.lower().endswith("vbaproject.bin") for name in parts.namelist())


def counts_from_1904(content: bytes) -> bool:
    """Returns whether the workbook's days may be counted from 1904 instead of 1900."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return bool(_FROM_1904.search(_part(parts, "xl/workbook.xml")))


def may_hold_values(content: bytes, sheet: str) -> bool:
    """Returns whether a sheet has a cell with a value, or cannot be looked at."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            path = _path(parts, sheet)
            return path is None or _has(parts, path, _VALUE)
    except Exception:  # a broken part may make its readers raise anything
        return True


def failed_cells(content: bytes, sheet: str) -> Mapping[int, Mapping[int, str]]:
    """Returns the error text of each cell whose formula has no value.

    The keys are the row, from 1, and the column, from 0.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        path = _path(parts, sheet)
        if path is None or not _has(parts, path, _MAY_FAIL):
            return {}
        cells = _FailedCells()
        with parts.open(path) as stream:
            while piece := stream.read(PIECE):
                cells.parser.Parse(piece)
        return cells.failed


def hidden_rows(content: bytes, sheet: str) -> set[int]:
    """Returns the numbers, from 1, of the rows that a sheet hides or that its filter leaves out."""
    hidden: set[int] = set()
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        path = _path(parts, sheet)
        if path is None or not _has(parts, path, _MAY_HIDE):
            return hidden
        row = 0

        def start(name: str, attributes: dict[str, str]) -> None:
            nonlocal row
            if _local(name) == "row":
                row = int(attributes.get("r", row + 1))
                if attributes.get("hidden") in ("1", "true"):
                    hidden.add(row)

        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        with parts.open(path) as stream:
            while piece := stream.read(PIECE):
                parser.Parse(piece)
    return hidden


def comments(content: bytes, sheet: str) -> list[tuple[int, int, str]]:
    """Returns the notes in the cells of a sheet: row from 1, column from 0, and text.

    They are the first 200, each shortened to 100 characters.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        path = _path(parts, sheet)
        name = _comments_path(parts, path) if path else None
        return _Comments().read(_part(parts, name)) if name else []


def _comments_path(parts: zipfile.ZipFile, sheet: str) -> str | None:
    folder, _, file = sheet.rpartition("/")
    relations = f"{folder}/_rels/{file}.rels"
    if relations not in parts.namelist():
        return None
    for one in _elements(_part(parts, relations), "Relationship"):
        if one.get("Type", "").endswith("/comments"):
            target = one.get("Target", "")
            path = posixpath.normpath(posixpath.join(f"/{folder}", target)).lstrip("/")
            return path if path in parts.namelist() else None
    return None


class _Comments:
    """Reads the XML of the notes in cells."""

    def __init__(self) -> None:
        self.found: list[tuple[int, int, str]] = []
        self._at: tuple[int, int] | None = None
        self._text = ""
        self._in_text = False

    def read(self, xml: bytes) -> list[tuple[int, int, str]]:
        """Returns the notes of a part."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._add
        parser.Parse(xml, True)
        return self.found

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "comment":
            reference = _REFERENCE.fullmatch(attributes.get("ref", ""))
            self._at = (int(reference[2]), column_of(reference[1])) if reference else None
            self._text = ""
        self._in_text = _local(name) == "t"

    def _add(self, text: str) -> None:
        if self._in_text:
            self._text += text

    def _end(self, name: str) -> None:
        self._in_text = False
        if _local(name) == "comment" and self._at and len(self.found) < COMMENTS:
            text = " ".join(self._text.split())
            self.found.append((*self._at, text[:COMMENT_LENGTH]))


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


def _has(parts: zipfile.ZipFile, path: str, pattern: re.Pattern[bytes]) -> bool:
    before = b""
    with parts.open(path) as stream:
        while piece := stream.read(PIECE):
            if pattern.search(before + piece):
                return True
            before = piece[-OVERLAP:]
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

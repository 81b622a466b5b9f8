"""Writes rows to a CSV file or a workbook that no spreadsheet program reads as formulas.

Rows are written as they arrive, so that memory does not grow with the list.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any, Protocol

from plumbing.characters import visible
from plumbing.whole_files import written_whole

Cell = str | int | float | bool | date | datetime | None
ROWS_ON_A_SHEET = 1_048_575  # without the header
LONGEST_CELL = 32_767  # characters in a cell of a workbook
LONGEST_NAME = 31  # characters in the name of a sheet
CUT = "…（未完）"
_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")  # of sheets
WIDTH = 16
# A spreadsheet program may read a cell as a formula if it begins with one of these.
RISKY = tuple("=+-@\t\r\n＝＋－＠")


class Writer(Protocol):
    """An open file to which rows can be written."""

    def write(self, row: Sequence[Cell]) -> None:
        """Writes a row below the previous row."""


@contextmanager
def writing(
    path: Path, title: str, headings: Sequence[str], *, exact: bool = False
) -> Iterator[Writer]:
    """Opens a writer of rows; the file gets its name at the end, only if no error was raised.

    A character that cannot be seen is written as a sign, unless the file is `exact`: one that is
    to be corrected and read again.
    """
    kind: Callable[..., Any] = _Workbook if path.suffix.lower() == ".xlsx" else _Csv
    with (
        written_whole(path) as part,
        contextlib.closing(kind(part, title, headings, exact)) as writer,
    ):
        yield writer


def disarmed(cell: str) -> str:
    """Puts an apostrophe before a text that a spreadsheet program could read as a formula."""
    return f"'{cell}" if cell.lstrip("'").startswith(RISKY) else cell


def armed(cell: str) -> str:
    """Removes the apostrophe that `disarmed` added; returns any other text unchanged."""
    return cell[1:] if cell.startswith("'") and disarmed(cell[1:]) == cell else cell


class CsvRows:
    """Writes rows as CSV to an open text file."""

    def __init__(self, file: IO[str], *, exact: bool = False) -> None:
        self._writer, self._exact = csv.writer(file), exact

    def write(self, row: Sequence[Cell]) -> None:
        """Writes a row below the previous row."""
        self._writer.writerow([_as_text(_seen(cell, self._exact)) for cell in row])


class _Csv(CsvRows):
    """A CSV file in UTF-8 with a byte-order mark."""

    def __init__(self, path: Path, _title: str, headings: Sequence[str], exact: bool) -> None:
        self._file: IO[str] = path.open("w", encoding="utf-8-sig", newline="")
        super().__init__(self._file, exact=exact)
        self.write(headings)

    def close(self) -> None:
        self._file.close()


def _seen(cell: Cell, exact: bool) -> Cell:
    return visible(cell) if isinstance(cell, str) and not exact else cell


def _as_text(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "是" if cell else "否"
        case datetime():
            return f"{cell:%Y-%m-%d %H:%M:%S}"
        case date():
            return cell.isoformat()
        case str():
            return disarmed(cell)
    return str(cell)


class _Workbook:
    """A workbook with typed cells; a list too long for a sheet continues on the next one."""

    def __init__(self, path: Path, title: str, headings: Sequence[str], exact: bool) -> None:
        import xlsxwriter  # noqa: PLC0415 - slow to load, and only a workbook needs it

        safe = {f"strings_to_{what}": False for what in ("formulas", "urls", "numbers")}
        self._book: Any = xlsxwriter.Workbook(path, {"constant_memory": True, **safe})
        formats = {"text": "@", "day": "yyyy-mm-dd", "moment": "yyyy-mm-dd hh:mm:ss"}
        self._formats = {
            name: self._book.add_format({"num_format": form}) for name, form in formats.items()
        }
        self._bold = self._book.add_format({"bold": True, "bottom": 1})
        self._title, self._headings, self._sheets, self._exact = title, headings, 0, exact
        self._begin_sheet()

    def write(self, row: Sequence[Cell]) -> None:
        if self._row > ROWS_ON_A_SHEET:
            self._begin_sheet()
        for place, cell in enumerate(row):
            self._write(place, _seen(cell, self._exact))
        self._row += 1

    def close(self) -> None:
        self._book.close()

    def _begin_sheet(self) -> None:
        self._sheets += 1
        more = f" {self._sheets}" if self._sheets > 1 else ""
        named = _NOT_IN_NAMES.sub(" ", self._title)[: LONGEST_NAME - len(more)]
        self._page = self._book.add_worksheet(f"{named}{more}")
        self._page.freeze_panes(1, 0)
        self._page.set_column(0, len(self._headings) - 1, WIDTH)
        for place, name in enumerate(self._headings):
            self._page.write_string(0, place, name, self._bold)
        self._row = 1

    def _write(self, place: int, cell: Cell) -> None:
        page, row, formats = self._page, self._row, self._formats
        match cell:
            case None | "":
                return
            case bool():
                page.write_string(row, place, "是" if cell else "否", formats["text"])
            case int() | float():
                page.write_number(row, place, cell)
            case datetime():
                page.write_datetime(row, place, cell.replace(tzinfo=None), formats["moment"])
            case date():
                page.write_datetime(row, place, cell, formats["day"])
            case _:
                page.write_string(row, place, _shortened(cell), formats["text"])


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_CELL else text[: LONGEST_CELL - len(CUT)] + CUT

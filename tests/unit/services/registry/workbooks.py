"""Workbooks for tests: of plain values, and with parts of them exchanged."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter

from services.registry.imports.read.workbook_parts import letters_of

Rows = Sequence[Sequence[Any]]
Merge = tuple[int, int, int, int]


def xlsx(
    rows: Rows | Mapping[str, Rows], *, date_1904: bool = False, merged: Sequence[Merge] = ()
) -> bytes:
    """A workbook: of one sheet, or of several by name."""
    file = io.BytesIO()
    sheets = rows if isinstance(rows, Mapping) else {"器具": rows}
    with xlsxwriter.Workbook(file, {"date_1904": date_1904}) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        for name, own in sheets.items():
            page = book.add_worksheet(name)
            for first, left, last, right in merged:
                page.merge_range(first, left, last, right, "")
            for y, row in enumerate(own):
                for x, cell in enumerate(row):
                    if isinstance(cell, str):
                        page.write_string(y, x, cell)
                    elif isinstance(cell, date):
                        page.write_datetime(y, x, cell, moment if _timed(cell) else day)
                    elif cell is not None:
                        page.write(y, x, cell)
    return file.getvalue()


def _timed(cell: date) -> bool:
    return isinstance(cell, datetime)


def patched(content: bytes, part: str, old: bytes, new: bytes) -> bytes:
    """A workbook with something exchanged in one of its parts, which must be there."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for info in before.infolist():
            values = before.read(info)
            if info.filename == part:
                assert old in values
                values = values.replace(old, new)
            after.writestr(info.filename, values)
    return file.getvalue()


def written(content: bytes) -> str:
    """A stored file as text; of a workbook, whose parts are packed, the text of all of them."""
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


def filled(content: bytes, rows: Sequence[Sequence[str]], first: int = 2) -> bytes:
    """A workbook whose first sheet has these rows of text below its header."""
    xml = "".join(_row(number, cells) for number, cells in enumerate(rows, first))
    return patched(
        content, "xl/worksheets/sheet1.xml", b"</sheetData>", f"{xml}</sheetData>".encode()
    )


def _row(number: int, cells: Sequence[str]) -> str:
    values = "".join(
        f'<c r="{letters_of(place)}{number}" t="inlineStr"><is><t>{escape(cell)}</t></is></c>'
        for place, cell in enumerate(cells)
        if cell
    )
    return f'<row r="{number}">{values}</row>'

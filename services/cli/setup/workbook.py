"""The workbook of `quanheng setup`: a sheet for each family of rows, and one for accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook

# The families in the order in which they are loaded, with the sheet of each.
SHEETS = {
    "bureaus": "机关",
    "subjects": "信用主体",
    "instruments": "计量器具",
    "verifications": "检定记录",
    "records": "信用信息",
}
ACCOUNTS = "账号"
# What a row may refer to that another sheet of the workbook will bring.
BROUGHT_BY = {
    "UNKNOWN_BUREAU": "bureaus",
    "UNKNOWN_OWNER": "subjects",
    "UNKNOWN_INSTRUMENT": "instruments",
}


class BadWorkbook(Exception):
    """Raised when a file is no workbook, or has none of the sheets."""


@dataclass(frozen=True)
class SetupBook:
    """The workbook: its name and bytes, and the cells of each sheet as text, headings first."""

    name: str
    content: bytes
    sheets: Mapping[str, Sequence[Sequence[str]]]

    @classmethod
    def read(cls, path: Path) -> SetupBook:
        """Reads a workbook; raises BadWorkbook if it is none or has none of the sheets."""
        content = path.read_bytes()
        try:
            book = CalamineWorkbook.from_path(str(path))
            sheets = {name: _cells(book, name) for name in book.sheet_names}
        except CalamineError as error:
            raise BadWorkbook(str(error)) from error
        known = {name: sheets[name] for name in (*SHEETS.values(), ACCOUNTS) if name in sheets}
        if not known:
            raise BadWorkbook("、".join(sheets))
        return cls(path.name, content, known)

    @property
    def families(self) -> list[str]:
        """The families of which the workbook has rows, in the order of loading."""
        return [
            family
            for family, sheet in SHEETS.items()
            if any(map(any, self.sheets.get(sheet, ())[1:]))
        ]

    @cached_property
    def accounts(self) -> list[tuple[int, dict[str, str]]]:
        """The rows of the sheet of accounts: row number, and cells by heading without a star."""
        headings, *rows = self.sheets.get(ACCOUNTS) or [[]]
        names = [heading.rstrip("*").strip() for heading in headings]
        return [
            (number, dict(zip(names, row, strict=False)))
            for number, row in enumerate(rows, 2)
            if any(row)
        ]

    def brings(self, reason: str, value: str) -> bool:
        """Returns whether a fault is only that a row refers to what another sheet brings."""
        family = BROUGHT_BY.get(reason)
        return family is not None and value.strip() in self._texts[family]

    @cached_property
    def _texts(self) -> dict[str, set[str]]:
        """The texts of each sheet to which rows of other sheets refer."""
        return {
            family: {cell for row in self.sheets.get(SHEETS[family], ())[1:] for cell in row}
            for family in BROUGHT_BY.values()
        }


def _cells(book: CalamineWorkbook, name: str) -> list[list[str]]:
    rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    return [[_text(cell) for cell in row] for row in rows]


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()

"""The faults of a file, each with its row and cell, and its warnings, which refuse no row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from services.registry.imports.read.limits import BadFile, FileLimits
from services.registry.imports.read.workbook_parts import letters_of
from services.registry.imports.rows.cells import excerpt

HEADER_ROW = 1  # where nothing stands above it


class Note(NamedTuple):
    """One fault or warning about a file.

    An empty `column` means the whole row; `cell` is an address like C12, empty for a text file.
    """

    row: int
    column: str
    value: str
    reason: str
    zh: str
    en: str
    warning: bool
    cell: str


@dataclass
class Notes:
    """All faults and warnings of a file.

    `header_row` is the row of the header, from 1. `places` are the columns of a workbook by name,
    from 0; empty for a text file.
    """

    limits: FileLimits = field(default_factory=FileLimits)
    header_row: int = HEADER_ROW
    places: Mapping[str, int] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)
    bad_rows: set[int] = field(default_factory=set)

    def fault(
        self,
        row: int,
        reason: str,
        zh: str,
        en: str,
        *,
        column: str = "",
        value: str = "",
        place: int | None = None,
    ) -> None:
        """Adds a fault, for which the row is refused.

        `place` is the column, from 0, of a workbook's cell that lies outside the named columns.
        """
        self.bad_rows.add(row)
        if len(self.notes) < self.limits.faults:
            cell = self._cell(row, column, place)
            self.notes.append(Note(row, column, excerpt(value), reason, zh, en, False, cell))
        elif self.header_row not in self.bad_rows:
            zh = f"错误超过 {self.limits.faults} 处，其余未列出"
            en = f"there are more than {self.limits.faults} faults; the others are not listed"
            self.refuse(self.limits.exceeded("TOO_MANY_FAULTS", zh, en, "faults"))

    def warn(
        self, row: int, reason: str, zh: str, en: str, *, column: str = "", value: str = ""
    ) -> None:
        """Adds a warning about a row; the row is not refused."""
        if len(self.notes) < self.limits.faults:
            cell = self._cell(row, column, None)
            self.notes.append(Note(row, column, excerpt(value), reason, zh, en, True, cell))

    def refuse(self, bad: BadFile) -> None:
        """Adds a fault for which the whole file is refused."""
        self.bad_rows.add(self.header_row)
        self.notes.append(Note(self.header_row, "", "", bad.reason, bad.zh, bad.en, False, ""))

    def _cell(self, row: int, column: str, place: int | None) -> str:
        number = self.places.get(column) if place is None else place
        return "" if number is None else f"{letters_of(number)}{row}"

    @property
    def header_is_bad(self) -> bool:
        """Whether the header row has a fault, so that the whole file is refused."""
        return self.header_row in self.bad_rows

    def in_order(self) -> Iterable[Note]:
        """Returns all faults by row, then all warnings by row.

        Those of one row are in the order in which they were added.
        """
        return sorted(self.notes, key=lambda note: (note.warning, note.row))

"""What is noted about the rows of a file on the way: faults, and warnings that refuse nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from services.registry.imports.cells import shown

HEADER_ROW = 1


class Note(NamedTuple):
    """One fault or warning. An empty column means the whole row."""

    row: int
    column: str
    value: str
    reason: str
    zh: str
    en: str
    warning: bool


@dataclass
class Notes:
    """Everything noted about a file."""

    notes: list[Note] = field(default_factory=list)
    bad_rows: set[int] = field(default_factory=set)

    def fault(
        self, row: int, reason: str, zh: str, en: str, *, column: str = "", value: str = ""
    ) -> None:
        """A row that cannot be taken."""
        self.bad_rows.add(row)
        self.notes.append(Note(row, column, shown(value), reason, zh, en, warning=False))

    def warn(
        self, row: int, reason: str, zh: str, en: str, *, column: str = "", value: str = ""
    ) -> None:
        """Something worth a notice."""
        self.notes.append(Note(row, column, shown(value), reason, zh, en, warning=True))

    @property
    def header_is_bad(self) -> bool:
        """Whether the file as a whole cannot be read."""
        return HEADER_ROW in self.bad_rows

    def in_order(self) -> Iterable[Note]:
        """By row; of one row, in the order of noting."""
        return sorted(self.notes, key=lambda note: note.row)

"""Reads the rows in which every cell is good column by column, which is far faster than by row.

A row with anything to be told, a fault, a warning or a part that is left out, is left to the reader
of rows. So both read the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from services.registry.imports.read.limits import BadFile
from services.registry.imports.read.text import Row
from services.registry.imports.rows.families import Field
from services.registry.imports.rows.left_out import LeftOut
from services.registry.imports.rows.reader import REMEMBERED, Mark, RowReader

ROWS_AT_ONCE = 1000
_BLANK, _ODD = Mark.BLANK, Mark.ODD
Values = dict[str, Any]


def portions(rows: Iterable[Row]) -> Iterator[Sequence[Row]]:
    """Yields the rows in portions; those before a fault of the whole file are still yielded."""
    portion: list[Row] = []
    try:
        for row in rows:
            portion.append(row)
            if len(portion) == ROWS_AT_ONCE:
                yield portion
                portion = []
    except BadFile:
        if portion:
            yield portion
        raise
    if portion:
        yield portion


class ColumnReader:
    """Reads portions of the rows of one file by their columns."""

    def __init__(self, reader: RowReader, without: LeftOut, width: int) -> None:
        """Prepares for the rows of a file; `width` is the number of its columns."""
        self._reader, self._without, self._width = reader, without, width
        self._known: dict[str, dict[str, Any]] = {field.name: {} for field, _ in reader.columns}
        self._constants = reader.constants()
        # In a list of penalties, which rows are turned away depends on one of their cells.
        self._able = not reader.turns_rows_away and _ODD not in self._constants.values()
        self._sound: set[tuple[Any, ...]] = set()  # what rows without a contradiction have

    def read(self, rows: Sequence[Row]) -> Sequence[Values | None]:
        """Returns the values of each row; None for a row that the reader of rows has to read."""
        fits = [not row.broken and not row.hidden and len(row.cells) == self._width for row in rows]
        cells = [row.cells for row, fit in zip(rows, fits, strict=True) if fit]
        if not cells or not self._able:
            return [None] * len(rows)
        found = iter(self._read(cells))
        return [next(found) if fit else None for fit in fits]

    def _read(self, rows: Sequence[Sequence[str]]) -> Sequence[Values | None]:
        columns = [*zip(*rows, strict=True)]
        values: dict[str, Sequence[Any]] = {}
        for field, place in self._reader.columns:
            if {*map(type, columns[place])} != {str}:  # a workbook's numbers
                return [None] * len(rows)
            values[field.name] = self._column(field, columns[place])
        whole = {name: column for name, column in values.items() if {*column} != {_BLANK}}
        if not whole:
            return [None] * len(rows)
        marked = any(_ODD in column or _BLANK in column for column in whole.values())
        read: list[Values | None] = [*(_good if marked else _full)(whole)]
        for name, constant in self._constants.items():
            if constant is not _BLANK:
                for one in filter(None, read):
                    one.setdefault(name, constant)
        self._leave_headings(read, columns[0])
        self._leave_contradictions(read, whole)
        return read

    def _column(self, field: Field, column: Sequence[str]) -> Sequence[Any]:
        known = self._known[field.name]
        if len(known) > REMEMBERED:
            known.clear()
        for cell in {*column} - known.keys():
            known[cell] = self._reader.value_of(field, cell)
        return [known[cell] for cell in column]

    def _leave_headings(self, read: list[Values | None], first: Sequence[str]) -> None:
        """Leaves rows that begin as the headings do to the reader of rows."""
        headings = {cell for cell in {*first} if self._without.begins_headings(cell)}
        if headings:
            read[:] = [
                None if cell in headings else one for one, cell in zip(read, first, strict=True)
            ]

    def _leave_contradictions(
        self, read: list[Values | None], columns: Mapping[str, Sequence[Any]]
    ) -> None:
        """Leaves rows that contradict themselves to the reader of rows.

        The rules for a row as a whole look at a free text only for whether it is there.
        """
        told = [self._compared(name, column) for name, column in columns.items()]
        for place, key in enumerate(zip(*told, strict=True)):
            if key in self._sound or (one := read[place]) is None:
                continue
            if self._reader.contradicts(one):
                read[place] = None
            elif len(self._sound) < REMEMBERED:
                self._sound.add(key)

    def _compared(self, name: str, column: Sequence[Any]) -> Sequence[Any]:
        if name in self._reader.together or not _is_text(column):
            return column
        return [value is _BLANK for value in column]


def _full(columns: Mapping[str, Sequence[Any]]) -> Iterator[Values]:
    names = [*columns]
    return (dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _good(columns: Mapping[str, Sequence[Any]]) -> Iterator[Values | None]:
    """The rows without the blank cells; None for a row with a fault."""
    names = [*columns]
    for row in zip(*columns.values(), strict=True):
        if _ODD in row:
            yield None
        else:
            yield {n: v for n, v in zip(names, row, strict=True) if v is not _BLANK}


def _is_text(column: Sequence[Any]) -> bool:
    return {*map(type, column)} <= {str, Mark}

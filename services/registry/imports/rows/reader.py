"""Reads the cells of a row as values of the register, and adds a fault for every bad cell.

A row whose cells are good is then checked as a whole, by the same rules as a single change.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum, auto
from typing import Any

from law.errors import Fault
from law.identifiers import CITE
from law.identity import folded
from law.reader.strict_reader import Reader
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read.text import Number, Row
from services.registry.imports.read.workbook import SheetFacts
from services.registry.imports.rows import cells
from services.registry.imports.rows.bad_cell import BadCell
from services.registry.imports.rows.columns import Binding
from services.registry.imports.rows.families import FAMILIES, PUBLISHED, FamilyName, Field
from services.registry.imports.rows.faults import Notes
from services.registry.validation import (
    check_dated,
    check_work,
    read_instrument,
    read_record,
    read_subject,
    read_verification,
)

REMEMBERED = 20_000  # different cells of a column whose values are kept


class Mark(Enum):
    """What stands in the place of a value: the cell is blank, or has a fault to be told."""

    BLANK = auto()
    ODD = auto()


@dataclass(slots=True)
class Item:
    """The values of one row, by field, without the blank fields."""

    row: int
    values: Mapping[str, Any]


class RowReader:
    """Reads the rows of one file as values, and adds their faults to `notes`."""

    def __init__(
        self,
        header: pb.ImportHeader,
        binding: Binding,
        notes: Notes,
        today: date,
        workbook: SheetFacts | None,
        type_names: Mapping[str, str] | None = None,
    ) -> None:
        """Prepares for the rows of a file; `type_names` are the bureau's own names of types."""
        family = self._family = FamilyName(header.family)
        self._fields = FAMILIES[family].fields
        self._check, self._together = _CHECKS[family]
        self._binding, self._notes, self._today = binding, notes, today
        self._workbook, self._type_names = workbook, type_names or {}
        self._columns = [(self._fields[name], place) for name, place in binding.columns.items()]
        self._known: dict[str, dict[str, cells.Value]] = {name: {} for name in self._fields}
        self._sound: set[tuple[Any, ...]] = set()  # what rows without a contradiction have

    @property
    def turns_rows_away(self) -> bool:
        """Whether a file may have no row for the register: a list of all that a bureau decided."""
        return self._family in PUBLISHED

    def read(self, row: Row) -> Item | None:
        """Returns the good values of a row; None if the row cannot be read at all."""
        before = len(self._notes.notes)
        row = self._squared(row)
        if row.broken or len(row.cells) != len(self._binding.names):
            self._note_broken(row)
            return None
        values = self._values(row)
        bad = {note.column for note in self._notes.notes[before:]}
        if not any(self._binding.column(name) in bad for name in self._together):
            self._note_contradictions(row, values, bad)
        return Item(row.number, values)

    @property
    def columns(self) -> Sequence[tuple[Field, int]]:
        """The fields that have a column, each with its place."""
        return self._columns

    @property
    def together(self) -> Collection[str]:
        """The fields that must be good for the rules for a row as a whole to be applied."""
        return self._together

    def constants(self) -> Mapping[str, cells.Value | Mark]:
        """Returns the values that fields without a cell of their own have in every row."""
        return {
            name: self.value_of(self._fields[name], text)
            for name, text in self._binding.constants.items()
            if self._applies(name)
        }

    def value_of(self, field: Field, cell: str) -> cells.Value | Mark:
        """Returns the value of a cell that is text; notes nothing if it is bad."""
        cell = self._translated(field, cells.clean(cell))
        if not cell:
            return Mark.ODD if self._is_missing(field) else Mark.BLANK
        try:
            value = self._stored(field, field.read(cell))
        except BadCell:
            return Mark.ODD
        return Mark.BLANK if value is None else value

    def contradicts(self, values: Mapping[str, Any]) -> bool:
        """Returns whether the values of a row, each of them good, contradict one another."""
        return bool(self._contradictions(values))

    def _squared(self, row: Row) -> Row:
        """A workbook's row, which ends at its last filled cell, made as long as the header."""
        if self._workbook is None or row.broken:
            return row
        return row._replace(cells=row.cells + [""] * (len(self._binding.names) - len(row.cells)))

    def _note_broken(self, row: Row) -> None:
        if row.broken:
            place = next((n for n, cell in enumerate(row.cells) if "\ufffd" in cell), None)
            named = place is not None and place < len(self._binding.names)
            column = self._binding.names[place] if named and place is not None else ""
            value = row.cells[place] if place is not None else ""
            reason, zh, en = row.broken
            self._notes.fault(row.number, reason, zh, en, column=column, value=value)
            return
        cell_count, column_count = len(row.cells), len(self._binding.names)
        if self._workbook:
            value = row.cells[-1]
            zh, en = "此格在表头各列之外", "the cell stands outside the header's columns"
            self._notes.fault(row.number, "OUTSIDE", zh, en, value=value, place=cell_count - 1)
            return
        zh = f"此行有 {cell_count} 格，表头有 {column_count} 格"
        en = f"the row has {cell_count} cells, the header {column_count}"
        self._notes.fault(row.number, "RAGGED_ROW", zh, en)

    def _values(self, row: Row) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for field, place in self._columns:
            cell = row.cells[place]
            if type(cell) is not str:
                self._read_untyped(row.number, field, cell, values)
                continue
            self._read_text(row.number, field, cells.clean(cell), values)
        for name, constant in self._binding.constants.items():
            if self._applies(name) and name not in values:
                self._read_text(row.number, self._fields[name], constant, values)
        return values

    def _applies(self, name: str) -> bool:
        # The file's bureau also fills blank cells; other constants only replace a column.
        return name == "bureau" or name not in self._binding.columns

    def _translated(self, field: Field, cell: str) -> str:
        return self._binding.values.get(field.name, {}).get(cell, cell)

    def _is_missing(self, field: Field) -> bool:
        """Whether a blank cell of a field is a fault."""
        return field.required and field.name not in self._binding.constants

    def _read_text(self, number: int, field: Field, cell: str, values: dict[str, Any]) -> None:
        cell = self._translated(field, cell)
        if not cell:
            if self._is_missing(field):
                self._fault(number, field, cell, "MISSING", "不能为空", "must not be blank")
            return
        known = self._known[field.name]
        if cell not in known:
            value = self._value(number, field, cell, lambda: field.read(cell))
            if value is None:
                return
            if len(known) >= REMEMBERED:
                known.clear()
            known[cell] = value
        values[field.name] = known[cell]

    def _read_untyped(self, number: int, field: Field, cell: str, values: dict[str, Any]) -> None:
        """Reads a cell that a workbook does not keep as text: a number, or a failed formula."""
        translated = self._binding.values.get(field.name, {}).get(cell)
        if translated is not None:
            self._read_text(number, field, translated, values)
            return
        value = self._value(number, field, cell, lambda: self._number(field, cell))
        if value is not None:
            values[field.name] = value

    def _number(self, field: Field, cell: str) -> cells.Value:
        if isinstance(cell, Number):
            return cells.of_number(cell, field.read, field.identifier, self._from_1904)
        zh, en = "公式没有可用的结果", "the formula has no value"
        raise BadCell("FAILED_FORMULA", zh, en)

    @property
    def _from_1904(self) -> bool:
        return self._workbook is not None and self._workbook.from_1904

    def _value(
        self, number: int, field: Field, cell: str, read: Callable[[], cells.Value]
    ) -> cells.Value:
        """The value of a cell; None, and a fault noted, where the cell is bad."""
        try:
            return self._stored(field, read())
        except BadCell as bad:
            self._fault(number, field, cell, bad.reason, bad.zh, bad.en)
            return None

    def _stored(self, field: Field, value: cells.Value) -> cells.Value:
        """A value as the register holds it. Raises BadCell if it is too long or malformed."""
        if isinstance(value, str):
            value = field.stored(value)
            if field.name == "type_code":
                value = self._type_names.get(folded(value), value)
        return value

    def _fault(self, number: int, field: Field, cell: str, reason: str, zh: str, en: str) -> None:
        column = self._binding.column(field.name)
        place = self._binding.columns.get(field.name) if self._workbook else None
        zh = f"{field.header}{zh}" if reason == "MISSING" else zh
        self._notes.fault(number, reason, zh, en, column=column, value=cell, place=place)

    def _note_contradictions(self, row: Row, values: dict[str, Any], bad: set[str]) -> None:
        compared = self._compared(values)
        if compared in self._sound:
            return
        found = self._contradictions(values)
        if not found and len(self._sound) < REMEMBERED:
            self._sound.add(compared)
        for fault in found:
            self._note_contradiction(row, values, bad, fault)

    def _contradictions(self, values: Mapping[str, Any]) -> list[Fault]:
        faults: list[Fault] = []
        self._check(Reader(values, "", faults), self._today)
        return [fault for fault in faults if fault.field in self._fields]

    def _compared(self, values: dict[str, Any]) -> tuple[Any, ...]:
        """What the rules for a row as a whole look at: of a free text, only that it is there."""
        return tuple(
            [
                (name, bool(value))
                if type(value) is str and name not in self._together
                else (name, value)
                for name, value in values.items()
            ]
        )

    def _note_contradiction(
        self, row: Row, values: dict[str, Any], bad: set[str], fault: Fault
    ) -> None:
        column = self._binding.column(fault.field)
        if column not in bad:
            place = self._binding.columns.get(fault.field)
            # As it is written: 长期 has no value, and means something to the reader of the fault.
            text = str(values.get(fault.field, "")) if place is None else row.cells[place]
            zh, en = fault.message_zh, fault.message_en
            # Only the check digit of a code is checked with its row.
            reason = "BAD_CREDIT_CODE" if fault.cite == CITE else "CONTRADICTION"
            self._notes.fault(row.number, reason, zh, en, column=column, value=cells.clean(text))


Check = Callable[[Reader, date], None]


def _check_bureau(_reader: Reader, _today: date) -> None:
    """Nothing to check: the fields of a bureau do not depend on each other."""


def _check_subject(reader: Reader, _today: date) -> None:
    read_subject(reader)


def _check_instrument(reader: Reader, today: date) -> None:
    read_instrument(reader, today)


def _check_verification(reader: Reader, today: date) -> None:
    content = read_verification(reader, today)
    check_dated(reader, content, str(reader.data.get("type_code", "")))
    check_work(reader, content)


def _check_record(reader: Reader, today: date) -> None:
    content = read_record(reader, today)
    entered_on = reader.day("entered_on", today)
    if not content.determined_on <= entered_on <= today:
        zh, en = "录入日期须在认定日期与今天之间", "must lie between determined_on and today"
        reader.fault("entered_on", zh, en)


def _check_penalty(reader: Reader, today: date) -> None:
    if reader.day("determined_on") > today:
        zh, en = "处罚决定日期不得晚于今天", "must not be after today"
        reader.fault("determined_on", zh, en)


def _check_permit(reader: Reader, today: date) -> None:
    decided_on = reader.day("decided_on")
    if decided_on > today:
        zh, en = "许可决定日期不得晚于今天", "must not be after today"
        reader.fault("decided_on", zh, en)
    first = reader.day_or_none("valid_from")
    last = reader.day_or_none("valid_until")
    if first and last and last < first:
        reader.fault("valid_until", "有效期至早于有效期自", "is before the first day")


# The rules for a row as a whole, and the fields that must be good for them to be applied.
_CHECKS: Mapping[FamilyName, tuple[Check, tuple[str, ...]]] = {
    FamilyName.BUREAUS: (_check_bureau, ()),
    FamilyName.SUBJECTS: (_check_subject, ("kind", "credit_code")),
    FamilyName.INSTRUMENTS: (_check_instrument, ("rotate_on",)),
    FamilyName.VERIFICATIONS: (
        _check_verification,
        ("type_code", "result", "verified_on", "valid_until", "worked_from", "worked_until"),
    ),
    FamilyName.RECORDS: (_check_record, ("occurred_on", "determined_on", "entered_on")),
    FamilyName.PENALTIES: (_check_penalty, ("determined_on",)),
    FamilyName.PERMITS: (_check_permit, ("decided_on", "valid_from", "valid_until")),
}

"""A row's cells as values of the register, every bad one noted; and what a row says as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from law.errors import Fault
from law.reader.strict_reader import Reader
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.read import text as sheet
from services.registry.imports.read.workbook import Told
from services.registry.imports.rows import cells
from services.registry.imports.rows.columns import Binding
from services.registry.imports.rows.families import FAMILIES, FamilyName, Field
from services.registry.imports.rows.faults import Notes
from services.registry.validation import (
    check_dated,
    read_instrument,
    read_record,
    read_subject,
    read_verification,
)

REMEMBERED = 20_000  # different cells of a column whose value is kept at hand


@dataclass(slots=True)
class Item:
    """What one row says: the fields that are not blank."""

    row: int
    values: dict[str, Any]


class RowReader:
    """Reads rows of one file."""

    def __init__(
        self,
        header: pb.ImportHeader,
        binding: Binding,
        notes: Notes,
        today: date,
        workbook: Told | None,
    ) -> None:
        family = FamilyName(header.family)
        self._fields = FAMILIES[family].fields
        self._check, self._together = _CHECKS[family]
        self._binding, self._notes, self._today = binding, notes, today
        self._workbook = workbook
        self._columns = [(self._fields[name], place) for name, place in binding.columns.items()]
        self._known: dict[str, dict[str, cells.Value]] = {name: {} for name in self._fields}

    def read(self, row: sheet.Row) -> Item | None:
        """A row's values that are good, or None when it cannot be read at all."""
        before = len(self._notes.notes)
        row = self._squared(row)
        if row.broken or len(row.cells) != len(self._binding.names):
            self._note_broken(row)
            return None
        values = self._values(row)
        bad = {note.column for note in self._notes.notes[before:]}
        if not any(self._binding.column(name) in bad for name in self._together):
            self._note_contradictions(row.number, values, bad)
        return Item(row.number, values)

    def _squared(self, row: sheet.Row) -> sheet.Row:
        """A workbook's row, which ends where it holds nothing more, as long as the header."""
        if self._workbook is None or row.broken:
            return row
        return row._replace(cells=row.cells + [""] * (len(self._binding.names) - len(row.cells)))

    def _note_broken(self, row: sheet.Row) -> None:
        if row.broken:
            place = next((n for n, cell in enumerate(row.cells) if "\ufffd" in cell), None)
            named = place is not None and place < len(self._binding.names)
            column = self._binding.names[place] if named and place is not None else ""
            value = row.cells[place] if place is not None else ""
            reason, zh, en = row.broken
            self._notes.fault(row.number, reason, zh, en, column=column, value=value)
            return
        has, wanted = len(row.cells), len(self._binding.names)
        if self._workbook:
            value = row.cells[-1]
            zh, en = "此格在表头各列之外", "the cell stands outside the header's columns"
            self._notes.fault(row.number, "OUTSIDE", zh, en, value=value, place=has - 1)
            return
        zh = f"此行有 {has} 格，表头有 {wanted} 格"
        en = f"the row has {has} cells, the header {wanted}"
        self._notes.fault(row.number, "RAGGED_ROW", zh, en)

    def _values(self, row: sheet.Row) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for one, place in self._columns:
            cell = row.cells[place]
            if type(cell) is not str:
                self._take_kept(row.number, one, cell, values)
                continue
            self._take(row.number, one, cells.said(cell), values)
        for name, constant in self._binding.constants.items():
            # Only the file's bureau also stands where a column is there and says nothing.
            unsaid = name == "bureau" or name not in self._binding.columns
            if unsaid and name not in values:
                self._take(row.number, self._fields[name], constant, values)
        return values

    def _take(self, number: int, one: Field, cell: str, values: dict[str, Any]) -> None:
        cell = self._binding.values.get(one.name, {}).get(cell, cell)
        if not cell:
            if one.required and one.name not in self._binding.constants:
                self._fault(number, one, cell, "MISSING", "不能为空", "must not be blank")
            return
        known = self._known[one.name]
        if cell not in known:
            value = self._value(number, one, cell, lambda: one.read(cell))
            if value is None:
                return
            if len(known) >= REMEMBERED:
                known.clear()
            known[cell] = value
        values[one.name] = known[cell]

    def _take_kept(self, number: int, one: Field, cell: str, values: dict[str, Any]) -> None:
        """A cell that a workbook does not keep as text."""
        translated = self._binding.values.get(one.name, {}).get(cell)
        if translated is not None:
            self._take(number, one, translated, values)
            return
        value = self._value(number, one, cell, lambda: self._read_kept(one, cell))
        if value is not None:
            values[one.name] = value

    def _read_kept(self, one: Field, cell: str) -> cells.Value:
        if isinstance(cell, cells.Number):
            return cells.of_number(cell, one.read, one.identifier, self._from_1904)
        zh, en = "公式没有可用的结果", "the formula has no value"
        raise cells.BadCell("FAILED_FORMULA", zh, en)

    @property
    def _from_1904(self) -> bool:
        return self._workbook is not None and self._workbook.from_1904

    def _value(
        self, number: int, one: Field, cell: str, read: Callable[[], cells.Value]
    ) -> cells.Value:
        """What a cell says; None, and a fault noted, where it cannot be that."""
        try:
            value = read()
            if isinstance(value, str):
                one.limits.check(value)
        except cells.BadCell as bad:
            self._fault(number, one, cell, bad.reason, bad.zh, bad.en)
            return None
        return value

    def _fault(self, number: int, one: Field, cell: str, reason: str, zh: str, en: str) -> None:
        column = self._binding.column(one.name)
        zh = f"{one.header}{zh}" if reason == "MISSING" else zh
        self._notes.fault(number, reason, zh, en, column=column, value=cell)

    def _note_contradictions(self, number: int, values: dict[str, Any], bad: set[str]) -> None:
        faults: list[Fault] = []
        self._check(Reader(values, "", faults), self._today)
        for fault in faults:
            name = fault.field
            column = self._binding.column(name)
            if name in self._fields and column not in bad:
                value = values.get(name, "")
                shown = value.isoformat() if isinstance(value, date) else str(value)
                zh, en = fault.message_zh, fault.message_en
                self._notes.fault(number, "CONTRADICTION", zh, en, column=column, value=shown)


Check = Callable[[Reader, date], None]


def _check_bureau(_reader: Reader, _today: date) -> None:
    """A bureau's fields say nothing about each other."""


def _check_subject(reader: Reader, _today: date) -> None:
    read_subject(reader)


def _check_instrument(reader: Reader, _today: date) -> None:
    read_instrument(reader)


def _check_verification(reader: Reader, today: date) -> None:
    content = read_verification(reader, today)
    check_dated(reader, content, str(reader.data.get("type_code", "")))


def _check_record(reader: Reader, today: date) -> None:
    content = read_record(reader, today)
    entered_on = reader.day("entered_on", today)
    if not content.determined_on <= entered_on <= today:
        zh, en = "录入日期须在认定日期与今天之间", "must lie between determined_on and today"
        reader.fault("entered_on", zh, en)


# What the core's rules say of a row as a whole, and the fields without which they cannot speak.
_CHECKS: Mapping[FamilyName, tuple[Check, tuple[str, ...]]] = {
    FamilyName.BUREAUS: (_check_bureau, ()),
    FamilyName.SUBJECTS: (_check_subject, ("kind", "credit_code")),
    FamilyName.INSTRUMENTS: (_check_instrument, ("rotate_on",)),
    FamilyName.VERIFICATIONS: (
        _check_verification,
        ("type_code", "result", "verified_on", "valid_until"),
    ),
    FamilyName.RECORDS: (_check_record, ("occurred_on", "determined_on", "entered_on")),
}

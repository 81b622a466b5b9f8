"""Writes the new rows of a batch to its scratch file, with their digests and events.

What is written is the same as by `announce_changes`, but without objects of the ORM, which would
take most of the time of a long file.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from google.protobuf.message import Message
from sqlalchemy.dialects.sqlite import dialect
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.rule import InstrumentState
from law.identity import document_key
from plumbing.change import Change
from plumbing.row_digests import make_plain
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import permits_pb2 as permits
from protos.registry.v1 import registry_pb2 as pb
from services.registry import announce_changes, serials, wire
from services.registry.announce_changes import Cause
from services.registry.imports.batch.imported_rows import TABLES, Table
from services.registry.imports.plan.plan import Kind, Planned
from services.registry.permits.tables import authority_key
from services.registry.tables import ImportedThing, Record, RecordVersion

Values = dict[str, Any]  # of one row, by column
FIRST = 1  # version of a row
_SQLITE = dialect()
# Types whose values SQLite keeps in another form than JSON has.
_KEPT_OTHERWISE = (sa.JSON, sa.DateTime, sa.TypeDecorator)


@dataclass(frozen=True)
class _Told:
    """How rows of one kind are announced; `bureaus` returns the bureau of each row."""

    event: type[Message]
    field: str
    message: type[Message]
    bureaus: Callable[[AsyncSession, Sequence[Values]], Awaitable[Iterable[str]]]


def row_of(table: Table, planned: Planned) -> Values:
    """Returns the values of a new row as it is planned, by column."""
    row = {**table.blank, **planned.values, table.key: planned.thing_id, "version": FIRST}
    if planned.values.get("state") is InstrumentState.IN_USE:
        row["spell"] += 1
    return row


async def insert(change: Change, kind: Kind, portion: Sequence[Planned], cause: Cause) -> None:
    """Writes new rows of one kind, announces them, and notes that undoing removes them."""
    table = TABLES[kind]
    rows = [*await _COMPLETE[kind](change, [row_of(table, one) for one in portion])]
    make_plain(rows)
    await _write(change, table.model, rows)
    if kind is Kind.RECORD:
        await _write(change, RecordVersion, [_version(change, row) for row in rows])
    told = _TOLD[kind]
    bureaus = await told.bureaus(change.session, rows)
    messages = [wire.of_values(row, told.message) for row in rows]
    announced = zip(bureaus, messages, strict=True)
    await announce_changes.announce_batch(change, told.event, told.field, announced, cause)
    if kind is Kind.INSTRUMENT:
        await _mark_others(change, rows, cause)
    await _store(change, ImportedThing, _things(kind, portion, rows, cause))


def _things(
    kind: Kind, portion: Sequence[Planned], rows: Sequence[Values], cause: Cause
) -> list[Values]:
    digests = TABLES[kind].digests_of(rows)
    return [
        {
            "batch_id": cause.batch_id,
            "kind": kind.value,
            "thing_id": planned.thing_id,
            "version": FIRST,
            "digest": digest,
            "before": None,
            "stated": kind is Kind.INSTRUMENT and planned.stated,
        }
        for planned, digest in zip(portion, digests, strict=True)
    ]


def _version(change: Change, row: Values) -> Values:
    state = {name: row[name] for name in Record.model_fields}
    return {"record_id": row["record_id"], "version": FIRST, "state": state, "at": change.at}


async def _write(change: Change, model: Any, rows: Sequence[Values]) -> None:
    """Stores rows and notes their digests for the audit entry."""
    await _store(change, model, rows)
    change.written.note_values(model, rows)


async def _store(change: Change, model: Any, rows: Sequence[Values]) -> None:
    statement, names, forms = _insertion(model)
    columns = [[row[name] for row in rows] for name in names]
    for place, form in forms:
        none = form(None)
        columns[place] = [none if value is None else form(value) for value in columns[place]]
    connection = await change.session.connection()
    await connection.exec_driver_sql(statement, [*zip(*columns, strict=True)])


Form = Callable[[Any], Any]


@cache
def _insertion(model: Any) -> tuple[str, list[str], list[tuple[int, Form]]]:
    """The statement for a model's table, its columns, and what some values are converted by."""
    table: sa.Table = model.__table__
    compiled = sa.insert(table).compile(dialect=_SQLITE)
    names = [column.name for column in table.columns]
    forms: list[tuple[int, Form]] = []
    for place, column in enumerate(table.columns):
        if isinstance(column.type, _KEPT_OTHERWISE):
            form = column.type.dialect_impl(_SQLITE).bind_processor(_SQLITE)
            if form is not None:
                forms.append((place, form))
    return str(compiled), names, forms


async def _as_planned(_change: Change, rows: Sequence[Values]) -> Sequence[Values]:
    return rows


async def _subjects(_change: Change, rows: Sequence[Values]) -> Sequence[Values]:
    return [_completed(row, announce_changes.complete_subject) for row in rows]


async def _verifications(_change: Change, rows: Sequence[Values]) -> Sequence[Values]:
    for row in rows:
        row["certificate_key"] = document_key(row["certificate_no"])
    return rows


async def _records(change: Change, rows: Sequence[Values]) -> Sequence[Values]:
    for row in rows:  # who sent the batch, and who approved it
        row["authors"] = sorted({*(row["authors"] or ()), row["entered_by"], change.on_behalf_of})
    return rows


async def _permits(_change: Change, rows: Sequence[Values]) -> Sequence[Values]:
    for row in rows:
        row["number_key"] = document_key(row["document_no"])
        row["authority_key"] = authority_key(row["authority_code"], row["authority"])
    return rows


async def _instruments(change: Change, rows: Sequence[Values]) -> Sequence[Values]:
    """Sets the serial numbers as they are compared, and marks those that occur more than once."""
    completed = [_completed(row, serials.set_key) for row in rows]
    own = Counter(map(_serial, completed))
    others = await serials.counts(change.session, own)
    for row in completed:
        if row["serial_key"]:
            row["repeated_serial"] = own[_serial(row)] + others[_serial(row)] > 1
    return completed


async def _mark_others(change: Change, rows: Sequence[Values], cause: Cause) -> None:
    """Marks the instruments on file that have the serial number of a new one."""
    repeated = {_serial(row) for row in rows if row["repeated_serial"]}
    marked = await serials.update_marks(change.session, repeated)
    if marked:
        await announce_changes.save_instruments(change, marked, cause)


def _serial(row: Mapping[str, Any]) -> serials.Serial:
    return row["type_code"], row["serial_key"]


def _completed(row: Values, complete: Callable[[Any], None]) -> Values:
    thing = SimpleNamespace(**row)
    complete(thing)
    return vars(thing)


async def _own_bureau(_session: AsyncSession, rows: Sequence[Values]) -> Iterable[str]:
    return [row["bureau"] for row in rows]


async def _own_code(_session: AsyncSession, rows: Sequence[Values]) -> Iterable[str]:
    return [row["code"] for row in rows]


async def _bureau_of_instrument(session: AsyncSession, rows: Sequence[Values]) -> Iterable[str]:
    instruments = {row["instrument_id"] for row in rows}
    owners = await announce_changes.owners_of_instruments(session, instruments)
    return [owners[row["instrument_id"]][1] for row in rows]


async def _bureau_of_subject(session: AsyncSession, rows: Sequence[Values]) -> Iterable[str]:
    subjects = {row["subject_id"] for row in rows}
    bureaus = await announce_changes.bureaus_of_subjects(session, subjects)
    return [bureaus[row["subject_id"]] for row in rows]


Complete = Callable[[Change, Sequence[Values]], Awaitable[Sequence[Values]]]
# What sets the columns of new rows that follow from others.
_COMPLETE: Mapping[Kind, Complete] = {
    Kind.BUREAU: _as_planned,
    Kind.SUBJECT: _subjects,
    Kind.INSTRUMENT: _instruments,
    Kind.VERIFICATION: _verifications,
    Kind.RECORD: _records,
    Kind.PERMIT: _permits,
}
_TOLD: Mapping[Kind, _Told] = {
    Kind.BUREAU: _Told(events.BureausChanged, "bureaus", pb.Bureau, _own_code),
    Kind.SUBJECT: _Told(events.SubjectsChanged, "subjects", pb.Subject, _own_bureau),
    Kind.INSTRUMENT: _Told(events.InstrumentsChanged, "instruments", pb.Instrument, _own_bureau),
    Kind.VERIFICATION: _Told(
        events.VerificationsRecorded, "verifications", pb.Verification, _bureau_of_instrument
    ),
    Kind.RECORD: _Told(events.RecordsChanged, "records", pb.Record, _bureau_of_subject),
    Kind.PERMIT: _Told(events.PermitsChanged, "permits", permits.Permit, _bureau_of_subject),
}

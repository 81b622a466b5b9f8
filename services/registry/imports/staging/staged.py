"""A batch in its scratch file, and how it is moved into the register in one short transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.audit import WRITE_ROWS
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.database import ATTACHED, Database, attach
from plumbing.events.leadership import exclusively
from plumbing.events.outbox import Outbox, record_staged
from plumbing.row_digests import AuditRow, Summary
from services.registry import serials
from services.registry.announce_changes import IDS_IN_QUERY
from services.registry.imports.batch.imported_rows import TABLES
from services.registry.imports.plan.plan import Kind
from services.registry.imports.staging.needed_rows import drop_unchanged
from services.registry.imports.staging.rivals import Footprint, Seen, overtaken
from services.registry.imports.staging.scratch import MOVED, ROWS_AT_ONCE, Scratch, table_of
from services.registry.tables import Instrument

# Without objects of the ORM, which would take longer than the writing.
_WRITE_DIGESTS = (
    "INSERT INTO audit_row (entry_id, place, table_name, row_key, digest) VALUES (?, ?, ?, ?, ?)"
)


@dataclass(frozen=True)
class Written:
    """The digests of the rows in a scratch file, for the audit entry that will cover them."""

    scratch: Scratch
    salt: str
    summary: Summary
    count: int

    @classmethod
    async def of(cls, scratch: Scratch, change: Change) -> Written:
        """Stores the digests that a change in a scratch file has collected, in the same file."""
        written = change.written
        connection = await change.session.connection()
        digests = ((0, n, *key, one) for n, (key, one) in enumerate(written.digests.items()))
        for rows in chunks(digests, ROWS_AT_ONCE):
            await connection.exec_driver_sql(_WRITE_DIGESTS, rows)
        return cls(scratch, written.salt, written.summed(), len(written.digests))

    async def move_digests(self, session: AsyncSession, entry_id: int) -> None:
        """Stores the digests for an audit entry; the scratch file is attached by then."""
        connection = await session.connection()
        if connection.dialect.name == "sqlite":
            await connection.execute(_moving(table_of(AuditRow), entry_id=entry_id))
            return
        async for rows in self.scratch.chunks(sa.select(table_of(AuditRow))):
            digests = [{**row, "entry_id": entry_id} for row in rows]
            await connection.execute(WRITE_ROWS, digests)


@dataclass(frozen=True)
class Staged:
    """Rows that are written to a scratch file with their events and digests, to be put in force.

    They rely on the `footprint`, as of the events in `seen`; `versions` are the former versions of
    rows that are changed, and `types` the types of instruments that are saved.
    """

    scratch: Scratch
    footprint: Footprint
    seen: Seen
    versions: Mapping[Kind, Mapping[str, int]]
    types: Sequence[str]
    written: Written

    @classmethod
    async def of(cls, scratch: Scratch, change: Change, footprint: Footprint, seen: Seen) -> Staged:
        """Returns what a change wrote to a scratch file; deletes the rows that it only read."""
        versions = await drop_unchanged(change.session)
        types = await change.session.exec(select(col(Instrument.type_code)).distinct())
        written = await Written.of(scratch, change)
        return cls(scratch, footprint, seen, versions, sorted(types), written)

    async def caught_up(self, database: Database) -> Staged:
        """Looks for rivals once before the transaction, which then has few events to look at.

        Raises Overtaken if there is one.
        """
        async with database.snapshot() as register:
            await self.footprint.require_untouched(register, self.seen)
            return replace(self, seen=await Seen.of(register))

    async def require_current(self, change: Change) -> None:
        """Locks the rows to be changed, in the transaction that will put them in force.

        Raises Overtaken if others changed meanwhile what the rows rely on.
        """
        for type_code in self.types:
            await exclusively(change.session, serials.right_to_mark(type_code))
        await self._require_versions(change.session)
        await self.footprint.require_untouched(change.session, self.seen)

    async def announce(self, change: Change) -> None:
        """Writes the events, and makes the audit entry of the change cover the moved rows."""
        if self.written.count:
            change.written.adopt(self.written)
        events = sa.select(table_of(Outbox)).order_by(col(Outbox.seq))
        async for rows in self.scratch.chunks(events):
            for event in rows:
                await record_staged(change.session, event)

    async def _require_versions(self, session: AsyncSession) -> None:
        """Locks the rows that the batch changes; raises Overtaken if one is not as it was."""
        for kind, versions in self.versions.items():
            table = TABLES[kind]
            for ids in chunks(sorted(versions), IDS_IN_QUERY):
                columns = table.id_column, col(table.model.version)
                query = select(*columns).where(table.id_column.in_(ids)).with_for_update()
                present = dict((await session.exec(query)).all())
                for one in ids:
                    if present.get(one) != versions[one]:
                        raise overtaken(self.footprint.row(kind.value, one))


async def move_rows(session: AsyncSession, scratch: Scratch) -> None:
    """Moves the rows of a scratch file into the database; on SQLite the file stays attached.

    Its outbox and the digests for the audit are not moved.
    """
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        await attach(session, scratch.file)
        for model in MOVED:
            await connection.execute(_moving(table_of(model)))
        return
    for model in MOVED:
        await _copy(connection, scratch, table_of(model))


async def _copy(connection: AsyncConnection, scratch: Scratch, table: sa.Table) -> None:
    """Moves the rows of one table to PostgreSQL by COPY, which is faster than insertions.

    COPY cannot replace rows, so they pass through a temporary table, some thousands at a time: one
    statement for all of a large file would exceed the time that a statement has.
    """
    names = [column.name for column in table.columns]
    forms = [_form(connection, column) for column in table.columns]
    passing = sa.table(f"moved_{table.name}", *map(sa.column, names))
    insertion = postgresql.insert(table).from_select(names, sa.select(passing))
    driver: Any = None
    async for rows in scratch.chunks(sa.select(table)):
        if driver is None:
            driver = (await connection.get_raw_connection()).driver_connection
            like = f"CREATE TEMPORARY TABLE {passing.name} (LIKE {table.name}) ON COMMIT DROP"
            await connection.exec_driver_sql(like)
        records = [tuple(f(v) for f, v in zip(forms, row.values(), strict=True)) for row in rows]
        await driver.copy_records_to_table(passing.name, records=records, columns=names)
        await connection.execute(_replacing(table, insertion))
        await connection.exec_driver_sql(f"TRUNCATE {passing.name}")


def _form(connection: AsyncConnection, column: sa.Column[Any]) -> Callable[[Any], Any]:
    """What converts a value of a column to that of the database's driver."""
    kind = column.type.dialect_impl(connection.dialect)
    return kind.bind_processor(connection.dialect) or _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


def _moving(table: sa.Table, **values: Any) -> Any:
    """The statement that moves the rows of an attached table; `values` replace those of columns."""
    names = [column.name for column in table.columns]
    staged = sa.table(table.name, *map(sa.column, names), schema=ATTACHED)
    moved = [sa.literal(values[name]) if name in values else staged.c[name] for name in names]
    # SQLite takes the ON of the insertion for one of the query unless that has a condition.
    rows = sa.select(*moved).select_from(staged).where(sa.true())
    return _replacing(table, sqlite.insert(table).from_select(names, rows))


def _replacing(table: sa.Table, insert: Any) -> Any:
    """An insertion that replaces a row of the same key."""
    keys = [column.name for column in table.primary_key.columns]
    changed = {c.name: insert.excluded[c.name] for c in table.columns if c.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=changed)

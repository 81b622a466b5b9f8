"""A batch in its scratch file, and how it is moved into the register in one short transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.audit import WRITE_ROWS
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.database import ATTACHED, attach
from plumbing.events.leadership import exclusively
from plumbing.events.outbox import Outbox, record_staged
from plumbing.row_digests import AuditRow, Summary
from services.registry import serials
from services.registry.announce_changes import IDS_IN_QUERY
from services.registry.imports.batch.imported_rows import TABLES
from services.registry.imports.plan.plan import Kind
from services.registry.imports.staging.rivals import Footprint, Seen, overtaken
from services.registry.imports.staging.scratch import MOVED, Scratch, table_of


@dataclass(frozen=True)
class Written:
    """The digests of the rows in a scratch file, for the audit entry that will cover them."""

    scratch: Scratch
    salt: str
    summary: Summary
    count: int

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
    """A batch whose rows, events and digests are in its scratch file.

    It relies on the `footprint`, as of the events in `seen`; `versions` are the former versions of
    the rows it changes, and `types` the types of the instruments it saves.
    """

    scratch: Scratch
    footprint: Footprint
    seen: Seen
    versions: Mapping[Kind, Mapping[str, int]]
    types: Sequence[str]
    written: Written

    async def require_current(self, change: Change) -> None:
        """Locks what the batch changes, in the transaction that will put it in force.

        Raises Overtaken if others changed meanwhile what the batch relies on.
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
        table = table_of(model)
        async for rows in scratch.chunks(sa.select(table)):
            upsert = _replacing(table, postgresql.insert(table))
            await connection.execute(upsert, [dict(row) for row in rows])


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

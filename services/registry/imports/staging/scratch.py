"""A scratch file: the rows that one batch would write, beside the database of the register.

It is a SQLite file with tables of the register. Nothing in it is in force. A file that a crash has
left is deleted at the next start: its batch is read again from what the register keeps, or its
sender hears nothing and sends it again.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import scratch_engine
from plumbing.events.outbox import AggregateSequence, Outbox
from plumbing.row_digests import AuditRow
from services.registry.tables import (
    Bureau,
    ImportedThing,
    ImportFault,
    Instrument,
    Permit,
    Publication,
    Record,
    RecordVersion,
    RejectedRow,
    Subject,
    Telling,
    Verification,
)

FOLDER = "staging"
ROWS_AT_ONCE = 5000
# The models whose rows are moved, in an order in which every row finds those it refers to.
MOVED = (
    *(Bureau, Subject, Instrument, Verification, Record, RecordVersion, Permit),
    *(ImportedThing, ImportFault, RejectedRow),
)
# What saving records looks into. It stays empty: a file enters records and alters none.
LOOKED_INTO = (Publication, Telling)
# The version that a row of the register had when it was copied into the scratch file.
BASE = sa.Table(
    "base",
    sa.MetaData(),
    sa.Column("kind", sa.String, primary_key=True),
    sa.Column("thing_id", sa.String, primary_key=True),
    sa.Column("version", sa.Integer),
)
# What saving instruments looks for.
_INDEXES = ("type_code", "serial_key"), ("subject_id",)


def table_of(model: Any) -> sa.Table:
    """Returns the table of a model."""
    table: sa.Table = model.__table__
    return table


class Scratch:
    """The scratch file of one batch. It exists from `create` to `drop`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.file = folder / f"{os.getpid()}-{uuid4().hex}.db"

    @asynccontextmanager
    async def create(self) -> AsyncIterator[AsyncSession]:
        """Creates the file anew with empty tables; yields a session, and commits at the end."""
        self.drop()
        engine = scratch_engine(self.file)
        try:
            async with AsyncSession(engine, expire_on_commit=False) as session, session.begin():
                connection = await session.connection()
                for model in (*MOVED, *LOOKED_INTO, Outbox, AggregateSequence, AuditRow):
                    await connection.execute(CreateTable(table_of(model)))
                await connection.execute(CreateTable(BASE))
                for columns in _INDEXES:
                    name, listed = f"by_{columns[0]}", ", ".join(columns)
                    await connection.exec_driver_sql(
                        f"CREATE INDEX {name} ON instrument ({listed})"
                    )
                yield session
        finally:
            await engine.dispose()

    async def chunks(self, query: sa.Select[Any]) -> AsyncIterator[list[sa.RowMapping]]:
        """Yields the rows of a query on the file, in lists of up to 5,000."""
        engine = scratch_engine(self.file)
        try:
            async with engine.connect() as connection:
                rows = await connection.stream(query)
                async for chunk in rows.mappings().partitions(ROWS_AT_ONCE):
                    yield list(chunk)
        finally:
            await engine.dispose()

    def drop(self) -> None:
        """Deletes the file."""
        self.file.unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Deletes the scratch files of processes that have ended."""
    for file in folder.glob("*-*.db"):
        process = file.name.partition("-")[0]
        if process == str(os.getpid()) or not Path("/proc", process).exists():
            file.unlink(missing_ok=True)

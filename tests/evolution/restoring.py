"""Makes the databases of the last release again, on SQLite and on PostgreSQL, with their rows."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from plumbing import migrations
from plumbing.database import Database
from plumbing.settings import SERVICES
from tools.release import databases, record

Row = dict[str, Any]
Rows = dict[str, list[Row]]
# How a value that SQLite keeps as text or number is read, by the type of its column.
FROM_SQLITE: tuple[tuple[type[sa.types.TypeEngine[Any]], Callable[[Any], Any]], ...] = (
    (sa.Boolean, bool),
    (sa.DateTime, lambda text: datetime.fromisoformat(text).replace(tzinfo=UTC)),
    (sa.Date, date.fromisoformat),
    (sa.JSON, json.loads),
    (sa.Uuid, UUID),
)
BOOKKEEPING = "alembic_version"


def recorded(folder: Path) -> Mapping[str, Rows]:
    """Every row of every recorded database, with SQLite's values, by service and table."""
    databases.restore(record.RELEASED, folder)
    return {service: _rows_in(folder / f"{service}.db") for service in SERVICES}


def _rows_in(file: Path) -> Rows:
    with closing(sqlite3.connect(file)) as connection:
        connection.row_factory = sqlite3.Row
        tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        names = [name for (name,) in tables if name not in (BOOKKEEPING, "sqlite_sequence")]
        return {
            name: [dict(row) for row in connection.execute(f'SELECT * FROM "{name}"')]  # noqa: S608
            for name in names
        }


async def fill(database: Database, rows: Rows) -> None:
    """Writes recorded rows into existing tables; other columns keep their defaults."""
    async with database.engine.begin() as connection:
        await connection.run_sync(_fill, rows)


def _fill(connection: sa.Connection, rows: Rows) -> None:
    known = _reflected(connection)
    for table in known.sorted_tables:
        if recorded_rows := rows.get(table.name):
            on_sqlite = connection.dialect.name == "sqlite"
            values = recorded_rows if on_sqlite else [_translated(table, r) for r in recorded_rows]
            named: list[sa.ColumnClause[Any]] = [sa.column(name) for name in recorded_rows[0]]
            target = sa.table(table.name, *named) if on_sqlite else table
            connection.execute(sa.insert(target), values)
    if connection.dialect.name == "postgresql":
        _set_sequences(connection, known)


def _translated(table: sa.Table, row: Row) -> Row:
    return {name: _value(table.c[name].type, value) for name, value in row.items()}


def _value(kind: sa.types.TypeEngine[Any], value: Any) -> Any:
    if value is None:
        return None
    for known, read in FROM_SQLITE:
        if isinstance(kind, known):
            return read(value)
    return value


def _set_sequences(connection: sa.Connection, known: sa.MetaData) -> None:
    """Sets each sequence of PostgreSQL to the highest number that was written."""
    for table in known.sorted_tables:
        for column in table.primary_key:
            sequence = sa.func.pg_get_serial_sequence(table.name, column.name)
            if connection.execute(sa.select(sequence)).scalar_one():
                highest = sa.select(sa.func.coalesce(sa.func.max(column), 1)).scalar_subquery()
                connection.execute(sa.select(sa.func.setval(sequence, highest)))


async def rows_of(database: Database) -> Rows:
    """Every row of a database; the values are the same on SQLite and PostgreSQL."""
    async with database.engine.connect() as connection:
        return await connection.run_sync(_rows_of)


def _rows_of(connection: sa.Connection) -> Rows:
    known = _reflected(connection)
    return {
        table.name: [_plain(dict(row)) for row in connection.execute(sa.select(table)).mappings()]
        for table in known.sorted_tables
        if table.name != BOOKKEEPING
    }


def _reflected(connection: sa.Connection) -> sa.MetaData:
    known = sa.MetaData()
    known.reflect(connection)
    return known


def _plain(row: Row) -> Row:
    return {name: _plain_value(value) for name, value in row.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, dict | list):
        return json.dumps(value, sort_keys=True)
    return value


def lost(before: Rows, after: Rows) -> list[str]:
    """Rows of `before` that `after` lacks, one line per table; rows may have more columns now."""
    return [
        f"{table}: {missing}"
        for table, rows in before.items()
        if (missing := _missing(rows, after.get(table, [])))
    ]


def _missing(rows: list[Row], now: list[Row]) -> list[Any]:
    columns = sorted(rows[0]) if rows else []
    return [*(_counted(rows, columns) - _counted(now, columns))]


def _counted(rows: list[Row], columns: list[str]) -> Counter[str]:
    return Counter(repr([(name, row.get(name)) for name in columns]) for row in rows)


async def at_release(database: Database, service: str, rows: Rows) -> None:
    """Migrates a new database to the release's tables and fills in its rows."""
    await migrations.upgrade(database, service, record.read().head(service))
    await fill(database, rows)

"""Fills every table of a service with rows that are like nothing in particular.

They exist so that a list finds what it looks up before it reads its rows. Every id is `s1`, `s2` …,
so that rows of different tables belong together.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from plumbing.database import Database
from plumbing.migrations import metadata_of

# How a value is written from the number `i` of its row: on SQLite, on PostgreSQL.
_SERIES = (
    (
        "WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < {rows})"
        " INSERT INTO {table} ({columns}) SELECT {values} FROM r WHERE true ON CONFLICT DO NOTHING"
    ),
    (
        "INSERT INTO {table} ({columns}) SELECT {values} FROM generate_series(1, {rows}) AS i"
        " ON CONFLICT DO NOTHING"
    ),
)
_DAY = ("date('2026-05-01', '+' || (i % 300) || ' days')", "date '2026-05-01' + i % 300")
_MOMENT = (
    "strftime('%Y-%m-%d %H:%M:%S.000000', 1778000000 + i * 60, 'unixepoch')",
    "to_timestamp(1778000000 + i * 60)",
)
_OBJECT = """'{"total": 1}'"""
_BYTES = ("x''", "''::bytea")
_TRUTH = ("i % 50 = 0", "i % 50 = 0")


async def fill(database: Database, service: str, rows: int) -> None:
    """Writes so many rows into each of the service's own tables and into its logs."""
    own, plumbing = metadata_of(service)
    tables = [one for one in own.sorted_tables if one.name != "activated_text"]  # of real rulesets
    tables += [plumbing.tables[name] for name in ("audit_entry", "access_entry")]
    async with database.engine.connect() as connection:
        for table in tables:
            await connection.exec_driver_sql(_insert(table, rows, int(not database.is_sqlite)))
        await connection.commit()


def _insert(table: sa.Table, rows: int, dialect: int) -> str:
    values = {column.name: _value(column, dialect) for column in table.columns}
    return _SERIES[dialect].format(
        rows=rows,
        table=table.name,
        columns=", ".join(f'"{name}"' for name in values),
        values=", ".join(values.values()),
    )


def _value(column: sa.Column[Any], dialect: int) -> str:
    kind = column.type.impl_instance if isinstance(column.type, sa.TypeDecorator) else column.type
    if isinstance(kind, sa.Enum):
        cases = " ".join(f"WHEN {n} THEN '{value}'" for n, value in enumerate(kind.enums))
        return f"CASE i % {len(kind.enums)} {cases} END"
    for python, written in _WRITTEN:
        if isinstance(kind, python):
            return written[dialect] if not column.nullable else _or_null(written[dialect])
    return _text(column)


def _or_null(written: str) -> str:
    return f"CASE WHEN i % 3 > 0 THEN {written} END"


_WRITTEN: tuple[tuple[type[Any], tuple[str, str]], ...] = (
    (sa.Boolean, _TRUTH),
    (sa.DateTime, _MOMENT),
    (sa.Date, _DAY),
    (sa.LargeBinary, _BYTES),
    (sa.JSON, (_OBJECT, f"{_OBJECT}::jsonb")),  # indices of areas are ranked by their total
    (sa.Integer, ("i", "i")),
    (sa.Float, ("i", "i")),
)


def _text(column: sa.Column[Any]) -> str:
    if column.name in ("bureau", "code"):
        return "'3301' || (10 + i % 18)"
    if column.name.endswith("_id") or column.name == "imported_by":
        return "'s' || i"
    if column.name == "secret":
        return "'ab'"  # in hexadecimal digits
    if column.name in ("state", "institution", "action", "actor"):
        return f"'{column.name}' || (i % 7)"
    return f"'{column.name}' || i"

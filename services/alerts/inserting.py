"""An INSERT for rows of which some exist already, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert(connection: AsyncConnection, table: sa.Table) -> Any:
    """Returns an INSERT into a table that can be told what to do with a row that is there."""
    return _INSERTS[connection.dialect.name](table)


def insert_new(connection: AsyncConnection, table: sa.Table) -> Any:
    """Returns an INSERT into a table that skips each row whose unique key is there already."""
    return insert(connection, table).on_conflict_do_nothing()

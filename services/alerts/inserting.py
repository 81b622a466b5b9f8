"""An INSERT that leaves the rows alone that exist already, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_new(connection: AsyncConnection, table: sa.Table) -> Any:
    """Returns an INSERT into a table that skips each row whose unique key is there already."""
    return _INSERTS[connection.dialect.name](table).on_conflict_do_nothing()

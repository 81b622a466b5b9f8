"""What a query asks of a database, and how the database reads its rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from plumbing.database import Database

# Of few rows PostgreSQL reads the table; told not to, it shows that an index serves the query.
# Such a plan seems dear, and would be compiled although nothing runs it.
_OFF = ("enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort", "jit")
WITH_INDEXES = [f"SET {setting} = off" for setting in _OFF]
Statement = tuple[str, Any]


@contextmanager
def recorded(database: Database) -> Iterator[list[Statement]]:
    """The statements that are sent meanwhile, each with its parameters."""
    statements: list[Statement] = []

    def note(_connection: Any, _cursor: Any, text: str, given: Any, *_more: Any) -> None:
        statements.append((text, given))

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    yield statements
    event.remove(database.engine.sync_engine, "before_cursor_execute", note)


async def plan_of(database: Database, statement: Statement) -> list[str]:
    """The lines in which the database says how it would read the rows of a statement."""
    text, given = statement
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    async with database.engine.connect() as connection:
        for setting in [] if database.is_sqlite else WITH_INDEXES:
            await connection.exec_driver_sql(setting)
        rows = await connection.exec_driver_sql(f"{explain} {text}", given)
        return [str(row[-1]) for row in rows]

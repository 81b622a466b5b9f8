"""On SQLite a table that other rows refer to can be replaced, but no reference may be broken."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from plumbing.database import Database
from plumbing.migrations import _keys_checked_at_the_end

TABLES = (
    "CREATE TABLE town (code TEXT PRIMARY KEY)",
    "CREATE TABLE shop (name TEXT, town TEXT REFERENCES town (code))",
    "INSERT INTO town VALUES ('330106')",
    "INSERT INTO shop VALUES ('a', '330106')",
)
ANEW = (
    "CREATE TABLE town_anew (code TEXT PRIMARY KEY, name TEXT)",
    "INSERT INTO town_anew SELECT code, '' FROM town",
    "DROP TABLE town",
    "ALTER TABLE town_anew RENAME TO town",
)


def running(statements: tuple[str, ...]) -> Callable[[sa.Connection], None]:
    def run(connection: sa.Connection) -> None:
        with _keys_checked_at_the_end(connection):
            for statement in statements:
                connection.exec_driver_sql(statement)

    return run


@pytest.fixture
async def towns(database: Database) -> Database:
    if not database.is_sqlite:
        pytest.skip("PostgreSQL alters a table in place.")
    async with database.engine.begin() as connection:
        for statement in TABLES:
            await connection.exec_driver_sql(statement)
    return database


async def asked(database: Database, question: str) -> object:
    async with database.engine.connect() as connection:
        return (await connection.exec_driver_sql(question)).scalar_one()


async def test_a_table_is_made_anew_under_its_rows(towns: Database) -> None:
    async with towns.engine.connect() as connection:
        await connection.run_sync(running(ANEW))
    assert await asked(towns, "SELECT count(*) FROM shop JOIN town ON town = code") == 1
    assert await asked(towns, "SELECT name FROM town") == ""


async def test_rows_left_without_what_they_refer_to_undo_it_all(towns: Database) -> None:
    async with towns.engine.connect() as connection:
        with pytest.raises(RuntimeError, match="without what they refer to"):
            await connection.run_sync(running(("DELETE FROM town",)))
        enforced = await connection.exec_driver_sql("PRAGMA foreign_keys")
        assert enforced.scalar_one() == 1
    assert await asked(towns, "SELECT count(*) FROM town") == 1

"""An older release starts on tables that a newer one has migrated, where they only grew."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from plumbing import migrations
from plumbing.database import Database
from plumbing.newer_tables import CannotUseTables
from tests.postgres import Databases

SERVICE = "grading"


@pytest.fixture
async def database(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    """The database of a service at a revision that only a newer release knows."""
    database = Database(databases.url(tmp_path, SERVICE))
    await migrations.upgrade(database, SERVICE)
    await run(database, "UPDATE alembic_version SET version_num = '9999'")
    yield database
    await database.close()


async def run(database: Database, *statements: str) -> None:
    async with database.engine.begin() as connection:
        for statement in statements:
            await connection.execute(sa.text(statement))


async def test_tables_that_only_grew_are_used_and_left_as_they_are(database: Database) -> None:
    await run(
        database,
        "CREATE TABLE of_tomorrow (number INTEGER PRIMARY KEY)",
        "ALTER TABLE outbox ADD COLUMN tomorrow VARCHAR",
        "ALTER TABLE outbox ADD COLUMN counted INTEGER NOT NULL DEFAULT 0",
    )
    await migrations.upgrade(database, SERVICE)
    async with database.snapshot() as session:
        found = await (await session.connection()).execute(
            sa.text("SELECT version_num FROM alembic_version")
        )
        assert found.scalars().all() == ["9999"]


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("ALTER TABLE outbox RENAME COLUMN payload TO body", "payload"),
        ("DROP TABLE inbox_failure", "inbox_failure"),
    ],
)
async def test_tables_that_lack_what_is_needed_are_refused_by_name(
    database: Database, statement: str, named: str
) -> None:
    await run(database, statement)
    with pytest.raises(CannotUseTables, match=f"revision 9999.*{named}"):
        await migrations.upgrade(database, SERVICE)

"""Replicas that start together on an empty PostgreSQL database all get it migrated."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from plumbing import migrations
from plumbing.database import Database
from tests.integration.events.support import eventually
from tests.postgres import Databases

SERVICE = "registry"
UPGRADE = f"""
import asyncio, sys
from plumbing import migrations
from plumbing.database import Database
asyncio.run(migrations.upgrade(Database(sys.argv[1]), "{SERVICE}"))
"""


async def test_replicas_migrate_in_turns(databases: Databases, tmp_path: Path) -> None:
    url = databases.url(tmp_path, SERVICE)
    if url.startswith("sqlite"):
        pytest.skip("A SQLite file has one process.")
    replicas = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", UPGRADE, url) for _ in range(4)
    ]
    assert [await replica.wait() for replica in replicas] == [0] * len(replicas)
    database = Database(url)
    assert await migrations.differences(database, SERVICE) == []
    await database.close()


async def test_a_deadlock_with_a_service_is_tried_again(
    databases: Databases, tmp_path: Path
) -> None:
    url = databases.url(tmp_path, SERVICE)
    if url.startswith("sqlite"):
        pytest.skip("On SQLite nobody else uses the file.")
    database = Database(url)
    await migrations.upgrade(database, SERVICE, "0035")
    # Who notices a deadlock is ended: that is to be the migration.
    async with database.engine.begin() as connection:
        name = sa.make_url(url).database
        await connection.execute(sa.text(f"ALTER DATABASE {name} SET deadlock_timeout = '4s'"))
    async with database.engine.connect() as service:
        await service.execute(sa.text("SET deadlock_timeout = '60s'"))
        await service.execute(sa.text("SELECT count(*) FROM session"))
        migrating = asyncio.create_task(migrations.migrate(database, SERVICE, "0036"))
        await eventually(lambda: _waits_for_sessions(database))
        await service.execute(sa.text("SELECT count(*) FROM subject"))  # which it has locked
    await migrating
    assert not await _waits_for_sessions(database)
    await database.close()


async def _waits_for_sessions(database: Database) -> bool:
    waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'session'::regclass"
    async with database.engine.connect() as connection:
        return bool((await connection.execute(sa.text(waiting))).scalar_one())

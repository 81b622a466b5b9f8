"""Replicas that start together on an empty PostgreSQL database all get it migrated."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from plumbing import migrations
from plumbing.database import Database
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

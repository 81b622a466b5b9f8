"""`quanheng downgrade` takes tables back for an earlier release, while nothing runs."""

from __future__ import annotations

import asyncio
import fcntl
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from law.errors import InvalidInput, WrongState
from plumbing import migrations
from plumbing.database import Database
from services.cli.backup.downgrade import downgrade


@pytest.fixture
def data(tmp_path: Path) -> Path:
    async def migrated() -> None:
        database = Database(f"sqlite+aiosqlite:///{tmp_path / 'grading.db'}")
        await migrations.upgrade(database, "grading")
        await database.close()

    asyncio.run(migrated())
    return tmp_path


def revision(data: Path) -> str:
    with closing(sqlite3.connect(data / "grading.db")) as database:
        return str(database.execute("SELECT version_num FROM alembic_version").fetchone()[0])


def test_the_tables_go_back_to_a_revision(data: Path) -> None:
    assert revision(data) == migrations.revisions("grading")[-1]
    downgrade("grading", "0008", data)
    assert revision(data) == "0008"


def test_an_unknown_revision_and_a_running_platform_are_refused(data: Path) -> None:
    with pytest.raises(InvalidInput, match="0042"):
        downgrade("grading", "0042", data)
    with (data / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(WrongState):
            downgrade("grading", "0008", data)
    assert revision(data) == migrations.revisions("grading")[-1]

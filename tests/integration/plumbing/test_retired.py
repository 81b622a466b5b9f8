"""Columns and tables kept for replicas of the previous release count as no difference."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from plumbing import migrations
from plumbing.database import Database
from tests.postgres import Databases

LEFT = frozenset({"year_end.left_over", "left_behind"})


async def test_what_is_retired_stands_without_a_model(
    databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = Database(databases.url(tmp_path, "grading"))
    await migrations.upgrade(database, "grading")
    async with database.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE year_end ADD COLUMN left_over TEXT")
        await connection.exec_driver_sql("CREATE TABLE left_behind (code TEXT UNIQUE)")
    differences = await migrations.differences(database, "grading")
    assert {difference[0] for difference in differences} == {"remove_column", "remove_table"}
    tables = importlib.import_module("services.grading.tables")
    monkeypatch.setattr(tables, "RETIRED", LEFT, raising=False)
    assert await migrations.differences(database, "grading") == []
    await database.close()

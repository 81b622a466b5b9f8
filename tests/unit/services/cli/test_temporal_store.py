"""A store of Temporal whose making was cut off is made anew; any other is left alone."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from services.cli.machine.engines import TEMPORAL_STORE, _provide_store

TABLES = "CREATE TABLE namespaces (name TEXT);"
COMPLETE = "CREATE TABLE namespaces (name TEXT); INSERT INTO namespaces VALUES ('default');"


@pytest.mark.parametrize(
    ("script", "stays"),
    [
        ("CREATE TABLE executions (id TEXT);", False),
        (TABLES, False),
        (COMPLETE, True),
    ],
    ids=["some tables", "no namespace yet", "complete"],
)
def test_only_a_complete_store_stays(tmp_path: Path, script: str, stays: bool) -> None:
    store = tmp_path / TEMPORAL_STORE
    with closing(sqlite3.connect(store)) as database:
        database.executescript(script)
    (tmp_path / f"{TEMPORAL_STORE}-wal").touch()
    _provide_store(tmp_path)
    assert store.exists() == stays


def test_a_store_that_cannot_be_read_stays_and_a_lost_folder_is_made(tmp_path: Path) -> None:
    store = tmp_path / TEMPORAL_STORE
    store.write_bytes(b"no database at all" * 100)
    _provide_store(tmp_path)
    assert store.exists()
    _provide_store(tmp_path / "lost")
    assert (tmp_path / "lost").is_dir()

"""The table that other ways to take in the file of `benchmarks.imports` fill, wherever they run."""

from __future__ import annotations

import sqlite3
from pathlib import Path

COLUMNS = (
    *("owner", "type_code", "serial_no", "result", "verified_on", "valid_until"),
    *("institution", "certificate_no", "method"),
)
RESULTS = ("合格", "不合格")
INSERT = f"INSERT INTO verification VALUES ({', '.join('?' * (len(COLUMNS) + 1))})"  # noqa: S608
_STATEMENTS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    f"CREATE TABLE verification (id TEXT PRIMARY KEY, {', '.join(COLUMNS)})",
    "CREATE UNIQUE INDEX certificates ON verification (institution, certificate_no)",
    "CREATE INDEX instruments ON verification (type_code, serial_no, verified_on)",
)


def new_table(file: Path) -> sqlite3.Connection:
    """Makes the empty table in a file that syncs every commit."""
    database = sqlite3.connect(file, isolation_level=None)
    for statement in _STATEMENTS:
        database.execute(statement)
    return database

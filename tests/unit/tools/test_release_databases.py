"""Recorded databases are restored as they were, and no secret is recorded."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from plumbing.settings import SERVICES
from tools.release import databases


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "keys").mkdir(parents=True)
    (folder / "keys" / "administrator.password").write_text("a-made-up-password\n")
    for service in SERVICES:
        with closing(sqlite3.connect(folder / f"{service}.db")) as connection:
            connection.execute("CREATE TABLE account (name TEXT, password_hash TEXT)")
            connection.execute("INSERT INTO account VALUES ('样例\n第二行', 'hash of a secret')")
            connection.execute("CREATE TABLE outbox (payload BLOB)")
            connection.execute("INSERT INTO outbox VALUES (x'00ff0a')")
            connection.commit()
    return folder


def rows(folder: Path, service: str, table: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / f"{service}.db")) as connection:
        return connection.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608


def test_recorded_databases_are_restored(data: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    again.mkdir()
    databases.dump(data, tmp_path)
    databases.restore(tmp_path, again)
    assert rows(again, "alerts", "account") == [("样例\n第二行", "hash of a secret")]
    assert rows(again, "grading", "outbox") == [(b"\x00\xff\n",)]


def test_passwords_of_the_registry_are_replaced(data: Path, tmp_path: Path) -> None:
    databases.dump(data, tmp_path)
    assert "hash of a secret" not in (tmp_path / "registry.sql").read_text()
    [(_, hashed)] = rows(data, "registry", "account")
    assert PasswordHasher().verify(str(hashed), databases.PASSWORD)


@pytest.mark.parametrize(
    "secret", ["a-made-up-password", "-----BEGIN PRIVATE KEY-----", "{data}/x"]
)
def test_a_secret_is_refused(secret: str, data: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(data / "alerts.db")) as connection:
        connection.execute("UPDATE account SET name = ?", [secret.format(data=data.resolve())])
        connection.commit()
    with pytest.raises(ValueError, match="alerts holds a secret"):
        databases.dump(data, tmp_path)
    assert not (tmp_path / "alerts.sql").exists()

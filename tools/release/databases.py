"""Writes the databases of a release as SQL, and restores databases from that SQL.

Every row comes from the bundled sample. All password hashes are replaced by the hash of PASSWORD,
which is valid only in restored copies. Keys and tokens are in no database.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from argon2 import PasswordHasher

from plumbing.settings import SERVICES

PASSWORD = "released-sample"


def dump(data: Path, target: Path) -> None:
    """Writes each database of a data directory as a file of SQL in `target`.

    Raises ValueError if a database contains a secret or a path of this machine.
    """
    for service in SERVICES:
        with closing(sqlite3.connect(data / f"{service}.db")) as connection:
            if service == "registry":
                _forget_passwords(connection)
            text = "\n".join(connection.iterdump()) + "\n"
        _refuse_secrets(service, text, data)
        (target / f"{service}.sql").write_text(text, encoding="utf-8")


def restore(source: Path, data: Path) -> None:
    """Creates the recorded databases in the directory `data` from the SQL files in `source`."""
    for service in SERVICES:
        with closing(sqlite3.connect(data / f"{service}.db")) as connection:
            connection.executescript((source / f"{service}.sql").read_text(encoding="utf-8"))


def _forget_passwords(connection: sqlite3.Connection) -> None:
    hashed = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    connection.execute("UPDATE account SET password_hash = ?", [hashed])
    connection.commit()


def _refuse_secrets(service: str, text: str, data: Path) -> None:
    """Raises ValueError where the text holds a secret or a path of this machine."""
    forbidden = [str(data.resolve()), "eyJhbGciOi", "PRIVATE KEY"]
    forbidden += [file.read_text().strip() for file in (data / "keys").iterdir() if file.is_file()]
    if any(part and part in text for part in forbidden):
        raise ValueError(f"The database of {service} holds a secret or a path of this machine")

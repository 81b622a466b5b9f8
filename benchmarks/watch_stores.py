"""The databases of the benchmark of a watch: filled, and written to by their drivers alone."""

from __future__ import annotations

import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Protocol

import asyncpg  # type: ignore[import-untyped]

from law.colours.rule import Colour, latest_valid_until
from tests.postgres import PostgresServer

BUREAU = "330106"
START = date(2026, 9, 7)
DUE_WITHIN = 333  # days over which the instruments fall due, evenly
SUBJECTS = 300
DAY = timedelta(days=1)
Cost = tuple[float, float]  # seconds elapsed and of the processor
Rows = dict[str, list[tuple[Any, ...]]]  # by table
KEYS = {"alert": "alert_id", "outbox": "seq"}  # of the tables whose rows are inserted again
# Durable, as a bureau's server is.
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "shared_buffers=512MB")
_LADDER = (Colour.GREEN, Colour.YELLOW, Colour.RED)
_INSTRUMENT = (
    *("instrument_id", "subject_id", "serial_no", "governing_id", "valid_until", "bureau"),
    *("type_code", "state", "spell", "in_review", "removed", "version", "watched", "standing"),
    *("last_result", "since"),
)
_SUBJECT = ("subject_id", "bureau", "name", "kind", "email", "in_review", "removed", "version")
_COLOURED = (
    "CREATE TABLE coloured AS SELECT instrument_id, valid_until, 'none' AS colour FROM instrument",
    "CREATE INDEX coloured_due ON coloured (valid_until)",
)
_UPDATE = "UPDATE coloured SET colour = {} WHERE valid_until > {} AND valid_until <= {}"
_TOLD = "UPDATE alert SET notice_id = '' WHERE notice_id IS NULL"


class Store(Protocol):
    """A database of the service alerts, on SQLite or PostgreSQL."""

    url: str

    async def fill(self, count: int) -> None:
        """Fills the watch list, and a copy of it with a stored colour."""

    async def set_subjects(self, *, present: bool) -> None:
        """Adds the subjects, or removes them so that no digest is due."""

    async def last_ids(self) -> dict[str, int]:
        """The highest id of each table whose rows are inserted again."""

    async def take_rows(self, beyond: dict[str, int]) -> Rows:
        """Removes and returns the rows of one run, so that they can be inserted again."""

    async def insert(self, rows: Rows, stored: date | None = None) -> Cost:
        """The cost to insert the rows in one transaction, as quickly as the driver can.

        With `stored`, after an update of the colours that change on that day.
        """


def now() -> Cost:
    """The clocks of the time elapsed and of the processor."""
    return time.perf_counter(), time.process_time()


def since(started: Cost) -> Cost:
    """What was spent since `now` returned `started`."""
    return time.perf_counter() - started[0], time.process_time() - started[1]


def median(costs: Sequence[Cost]) -> Cost:
    """The medians of the time elapsed and of the processor."""
    elapsed, processor = zip(*costs, strict=True)
    return statistics.median(elapsed), statistics.median(processor)


def _instruments(count: int) -> Iterator[tuple[Any, ...]]:
    """Instruments in use, each with a verification that runs out on one of the days."""
    same = (BUREAU, "FUEL", "in_use", 1, False, False, 1, True, "dated", "pass", date(2025, 9, 1))
    for number in range(count):
        until = START + timedelta(days=number % DUE_WITHIN)
        owner = f"s{number % SUBJECTS}"
        yield (f"i{number}", owner, f"NO-{number}", f"v{number}", until, *same)


def _subjects() -> Iterator[tuple[Any, ...]]:
    same = (BUREAU, "测试单位", "organisation", "u@test.example", False, False, 1)
    for number in range(SUBJECTS):
        yield (f"s{number}", *same)


def _changing(on: date) -> Iterator[tuple[str, date, date]]:
    """Each colour with the last days, after one and up to another, that reach it on a day."""
    for colour in _LADDER:
        yield colour.value, latest_valid_until(colour, on - DAY), latest_valid_until(colour, on)


class OnSqlite:
    """A file that syncs every commit."""

    def __init__(self, file: Path) -> None:
        self._file, self.url = file, f"sqlite+aiosqlite:///{file}"

    async def fill(self, count: int) -> None:
        with sqlite3.connect(self._file) as connection:
            _many(connection, "instrument", _INSTRUMENT, _instruments(count))
            for statement in _COLOURED:
                connection.execute(statement)
            connection.execute("INSERT INTO bureau VALUES (?, '测试局', '', '', '', 1)", (BUREAU,))
            watched = "INSERT INTO watch (bureau, watched_through) VALUES (?, ?)"
            connection.execute(watched, (BUREAU, START.isoformat()))
            connection.execute("ANALYZE")
        connection.close()

    async def set_subjects(self, *, present: bool) -> None:
        with sqlite3.connect(self._file) as connection:
            connection.execute("DELETE FROM subject")
            if present:
                _many(connection, "subject", _SUBJECT, _subjects())
        connection.close()

    async def last_ids(self) -> dict[str, int]:
        with sqlite3.connect(self._file) as connection:
            ids = {
                table: connection.execute(f"SELECT coalesce(max({key}), 0) FROM {table}")  # noqa: S608
                for table, key in KEYS.items()
            }
            found = {table: int(cursor.fetchone()[0]) for table, cursor in ids.items()}
        connection.close()
        return found

    async def take_rows(self, beyond: dict[str, int]) -> Rows:
        rows = {}
        with sqlite3.connect(self._file) as connection:
            for table, last_id in beyond.items():
                those = f"FROM {table} WHERE {KEYS[table]} > ?"
                rows[table] = connection.execute(f"SELECT * {those}", (last_id,)).fetchall()
                connection.execute(f"DELETE {those}", (last_id,))
        connection.close()
        return rows

    async def insert(self, rows: Rows, stored: date | None = None) -> Cost:
        connection = sqlite3.connect(self._file, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        started = now()
        connection.execute("BEGIN IMMEDIATE")
        for colour, after, to in _changing(stored) if stored else ():
            days = (colour, after.isoformat(), to.isoformat())
            connection.execute(_UPDATE.format(*"???"), days)
        for table, values in rows.items():
            marks = ", ".join("?" * len(values[0]))
            connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608
        connection.execute("COMMIT")
        cost = since(started)
        connection.execute(_TOLD)
        connection.close()
        return cost


def _many(
    connection: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterator[tuple[Any, ...]],
) -> None:
    marks = ", ".join("?" * len(columns))
    values = ([str(v) if isinstance(v, date) else v for v in row] for row in rows)
    connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", values)  # noqa: S608


class OnPostgresql:
    """A database of a server of its own, which syncs every commit and takes rows by COPY."""

    def __init__(self, server: PostgresServer) -> None:
        server.create("alerts")
        self.url = server.url("alerts")
        self._place = self.url.replace("+asyncpg", "")

    async def fill(self, count: int) -> None:
        connection = await asyncpg.connect(self._place)
        await _copy(connection, "instrument", list(_instruments(count)), _INSTRUMENT)
        for statement in _COLOURED:
            await connection.execute(statement)
        await connection.execute(f"INSERT INTO bureau VALUES ('{BUREAU}', '测试局', '', '', '', 1)")  # noqa: S608
        watched = "INSERT INTO watch (bureau, watched_through) VALUES ($1, $2)"
        await connection.execute(watched, BUREAU, START)
        await connection.execute("VACUUM ANALYZE")
        await connection.close()

    async def set_subjects(self, *, present: bool) -> None:
        connection = await asyncpg.connect(self._place)
        await connection.execute("DELETE FROM subject")
        if present:
            await _copy(connection, "subject", list(_subjects()), _SUBJECT)
        await connection.close()

    async def last_ids(self) -> dict[str, int]:
        connection = await asyncpg.connect(self._place)
        found = {
            table: await connection.fetchval(f"SELECT coalesce(max({key}), 0) FROM {table}")  # noqa: S608
            for table, key in KEYS.items()
        }
        await connection.close()
        return found

    async def take_rows(self, beyond: dict[str, int]) -> Rows:
        connection = await asyncpg.connect(self._place)
        rows = {}
        for table, last_id in beyond.items():
            those = f"FROM {table} WHERE {KEYS[table]} > $1"
            rows[table] = [
                tuple(row) for row in await connection.fetch(f"SELECT * {those}", last_id)
            ]
            await connection.execute(f"DELETE {those}", last_id)
        await connection.close()
        return rows

    async def insert(self, rows: Rows, stored: date | None = None) -> Cost:
        connection = await asyncpg.connect(self._place)
        started = now()
        async with connection.transaction():
            for days in _changing(stored) if stored else ():
                await connection.execute(_UPDATE.format("$1", "$2", "$3"), *days)
            for table, values in rows.items():
                await _copy(connection, table, values)
        cost = since(started)
        await connection.execute(_TOLD)
        await connection.close()
        return cost


async def _copy(
    connection: Any, table: str, rows: list[tuple[Any, ...]], columns: Sequence[str] | None = None
) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=columns)

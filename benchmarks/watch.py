"""Measures one bureau's watch on a day with many alerts, against two other ways.

    python -m benchmarks.watch [instruments] [rounds]

`alerts` is the watch without digests; `watch` is the whole of it, with a digest for each of about
a hundred subjects. `bare` inserts the rows that `alerts` wrote, with the driver alone.
`stored` is the usual way: it updates a stored colour, then inserts the same rows. They take turns
on one SQLite file that syncs every commit, each on days of its own.
"""

from __future__ import annotations

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from law.colours.rule import Colour, latest_valid_until
from plumbing import migrations
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import service_caller
from services.alerts.watch import watch

BUREAU = "330106"
START = date(2026, 9, 7)
DUE_WITHIN = 333  # days over which the instruments fall due, evenly
SUBJECTS = 300
DAY = timedelta(days=1)
_LADDER = (Colour.GREEN, Colour.YELLOW, Colour.RED)


def instruments(count: int) -> Iterator[tuple[Any, ...]]:
    """Instruments in use, each with a verification that runs out on one of the days."""
    for number in range(count):
        until = START + timedelta(days=number % DUE_WITHIN)
        owner = f"s{number % SUBJECTS}"
        yield f"i{number}", owner, f"NO-{number}", f"v{number}", until.isoformat()


def fill(path: Path, count: int) -> None:
    """Fills the watch list, and a copy of it with a stored colour."""
    with sqlite3.connect(path) as connection:
        connection.executemany(
            "INSERT INTO instrument (instrument_id, subject_id, serial_no, governing_id,"
            " valid_until, bureau, type_code, state, spell, in_review, removed, version, watched,"
            " standing, last_result, since) VALUES (?, ?, ?, ?, ?, '330106', 'FUEL', 'in_use', 1,"
            " 0, 0, 1, 1, 'dated', 'pass', '2025-09-01')",
            instruments(count),
        )
        connection.execute(
            "CREATE TABLE coloured AS SELECT instrument_id, valid_until, 'none' AS colour"
            " FROM instrument"
        )
        connection.execute("CREATE INDEX coloured_due ON coloured (valid_until)")
        connection.execute("INSERT INTO bureau VALUES ('330106', '测试市场监管局', '', '', '', 1)")
        connection.execute("INSERT INTO watch VALUES (?, ?)", (BUREAU, START.isoformat()))
        connection.execute("ANALYZE")
    connection.close()


def set_subjects(path: Path, *, present: bool) -> None:
    """Adds the subjects, or removes them so that no digest is due."""
    with sqlite3.connect(path) as connection:
        connection.execute("DELETE FROM subject")
        if present:
            connection.executemany(
                "INSERT INTO subject (subject_id, bureau, name, kind, email, in_review, removed,"
                " version) VALUES (?, '330106', '测试单位', 'organisation', 'u@test.example',"
                " 0, 0, 1)",
                [(f"s{number}",) for number in range(SUBJECTS)],
            )
    connection.close()


async def run_watch(database: Database, day: date) -> tuple[float, int]:
    """Runs the watch of one day; returns its seconds and the number of alerts."""
    clock = FixedClock(datetime(day.year, day.month, day.day, tzinfo=UTC))
    started = time.perf_counter()
    async with Changes(database, clock).change(service_caller("alerts")) as change:
        counts = await watch(change, BUREAU, day)
    return time.perf_counter() - started, counts.alerts


def take_rows(path: Path, last_ids: tuple[int, int]) -> dict[str, list[tuple[Any, ...]]]:
    """Removes and returns the rows of one run, so that they can be inserted again."""
    with sqlite3.connect(path) as connection:
        rows = {}
        for (table, key), last_id in zip(
            (("alert", "alert_id"), ("outbox", "seq")), last_ids, strict=True
        ):
            beyond = f"FROM {table} WHERE {key} > ?"
            rows[table] = connection.execute(f"SELECT * {beyond}", (last_id,)).fetchall()
            connection.execute(f"DELETE {beyond}", (last_id,))
    connection.close()
    return rows


def last_ids(path: Path) -> tuple[int, int]:
    """The highest ids of both tables."""
    with sqlite3.connect(path) as connection:
        row = connection.execute(
            "SELECT coalesce((SELECT max(alert_id) FROM alert), 0),"
            " coalesce((SELECT max(seq) FROM outbox), 0)"
        ).fetchone()
    connection.close()
    return int(row[0]), int(row[1])


def insert(path: Path, rows: dict[str, list[tuple[Any, ...]]], stored: date | None) -> float:
    """The seconds to insert the rows; with `stored`, after an update of the colours that change."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    started = time.perf_counter()
    connection.execute("BEGIN IMMEDIATE")
    if stored:
        for colour in _LADDER:
            connection.execute(
                "UPDATE coloured SET colour = ? WHERE valid_until > ? AND valid_until <= ?",
                (
                    colour.value,
                    latest_valid_until(colour, stored - DAY).isoformat(),
                    latest_valid_until(colour, stored).isoformat(),
                ),
            )
    for table, values in rows.items():
        marks = ", ".join("?" * len(values[0]))
        connection.executemany(f"INSERT INTO {table} VALUES ({marks})", values)  # noqa: S608
    connection.execute("COMMIT")
    seconds = time.perf_counter() - started
    connection.close()
    return seconds


async def measure(path: Path, rounds: int) -> tuple[dict[str, list[float]], list[int]]:
    """Measures the ways by turns, on new days each time."""
    seconds_of: dict[str, list[float]] = {"alerts": [], "watch": [], "bare": [], "stored": []}
    counts, day = [], START
    database = Database(f"sqlite+aiosqlite:///{path}")
    await run_watch(database, day := day + DAY)  # warms up
    for _ in range(rounds):
        for stored in (None, day + DAY):
            set_subjects(path, present=False)
            before = last_ids(path)
            seconds, count = await run_watch(database, day := day + DAY)
            seconds_of["alerts"].append(seconds)
            rows = take_rows(path, before)
            seconds_of["stored" if stored else "bare"].append(insert(path, rows, stored and day))
        set_subjects(path, present=True)
        seconds, count = await run_watch(database, day := day + DAY)
        seconds_of["watch"].append(seconds)
        counts.append(count)
    await database.close()
    return seconds_of, counts


async def run(count: int, rounds: int) -> None:
    """Measures, and prints the medians and their ratios to `bare`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alerts.db"
        database = Database(f"sqlite+aiosqlite:///{path}")
        await migrations.upgrade(database, "alerts")
        await database.close()
        fill(path, count)
        seconds_of, counts = await measure(path, rounds)
    bare = statistics.median(seconds_of["bare"])
    title = f"{count:,} instruments, {statistics.median(counts):,.0f} alerts a day"
    table = Table("way", "ms (median)", "all", "× bare", title=title)
    for way, seconds in seconds_of.items():
        median = statistics.median(seconds)
        every = " ".join(f"{second * 1e3:.0f}" for second in seconds)
        table.add_row(way, f"{median * 1e3:.0f}", every, f"{median / bare:.2f}")
    Console(width=100).print(table)


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(run(*(arguments + [200_000, 3][len(arguments) :])))

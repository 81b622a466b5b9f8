"""Measures one bureau's watch on a day with many alerts, against two other ways.

    python -m benchmarks.watch [instruments] [rounds] [--json FILE]

`alerts` is the watch without digests; `watch` is the whole of it, with a digest for each of 300
subjects. `bare` inserts the alerts and events that `alerts` wrote, with the driver alone. `stored`
is the usual way: it updates a stored colour, then inserts the same rows. They take turns on one
SQLite file that syncs every commit, each on days of its own. Processor time, of all threads of the
process, is told beside the time elapsed: on a machine that others use it is the steadier of the
two.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import statistics
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
Cost = tuple[float, float]  # seconds elapsed and of the processor
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


def now() -> Cost:
    """The clocks of the time elapsed and of the processor."""
    return time.perf_counter(), time.process_time()


def since(started: Cost) -> Cost:
    """What was spent since `now` returned `started`."""
    return time.perf_counter() - started[0], time.process_time() - started[1]


async def run_watch(database: Database, day: date) -> tuple[Cost, int]:
    """Runs the watch of one day; returns what it cost and the number of alerts."""
    clock = FixedClock(datetime(day.year, day.month, day.day, tzinfo=UTC))
    started = now()
    async with Changes(database, clock).change(service_caller("alerts")) as change:
        counts = await watch(change, BUREAU, day)
    return since(started), counts.alerts


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


def insert(path: Path, rows: dict[str, list[tuple[Any, ...]]], stored: date | None) -> Cost:
    """The cost to insert the rows; with `stored`, after an update of the colours that change."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous=FULL")
    started = now()
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
    cost = since(started)
    # No subject is there to be told, and no later digest is to find these alerts.
    connection.execute("UPDATE alert SET notice_id = '' WHERE notice_id IS NULL")
    connection.close()
    return cost


async def measure(path: Path, rounds: int) -> tuple[dict[str, list[Cost]], list[int]]:
    """Measures the ways by turns, on new days each time."""
    costs: dict[str, list[Cost]] = {"alerts": [], "watch": [], "bare": [], "stored": []}
    counts, day = [], START
    database = Database(f"sqlite+aiosqlite:///{path}")
    set_subjects(path, present=True)
    await run_watch(database, day := day + DAY)  # warms up, and opens the cases of the subjects
    for _ in range(rounds):
        for stored in (None, day + DAY):
            set_subjects(path, present=False)
            before = last_ids(path)
            cost, count = await run_watch(database, day := day + DAY)
            costs["alerts"].append(cost)
            rows = take_rows(path, before)
            costs["stored" if stored else "bare"].append(insert(path, rows, stored and day))
        set_subjects(path, present=True)
        cost, count = await run_watch(database, day := day + DAY)
        costs["watch"].append(cost)
        counts.append(count)
    await database.close()
    return costs, counts


Figures = dict[str, dict[str, float]]


def medians(costs: dict[str, list[Cost]]) -> Figures:
    """The medians of each way in milliseconds, and their ratios to those of `bare`."""
    found: Figures = {}
    for way, spent in costs.items():
        elapsed, processor = (statistics.median(one) * 1e3 for one in zip(*spent, strict=True))
        found[way] = {"ms": elapsed, "processor ms": processor}
    for figures in found.values():
        figures["× bare"] = figures["ms"] / found["bare"]["ms"]
        figures["× bare, processor"] = figures["processor ms"] / found["bare"]["processor ms"]
    return found


async def run(count: int, rounds: int) -> Figures:
    """Measures, and prints the medians and their ratios to `bare`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "alerts.db"
        database = Database(f"sqlite+aiosqlite:///{path}")
        await migrations.upgrade(database, "alerts")
        await database.close()
        fill(path, count)
        costs, counts = await measure(path, rounds)
    found = medians(costs)
    title = f"{count:,} instruments, {statistics.median(counts):,.0f} alerts a day"
    table = Table("way", *found["bare"], "every ms", title=title)
    for way, figures in found.items():
        every = " ".join(f"{elapsed * 1e3:.0f}" for elapsed, _ in costs[way])
        ms, processor, *ratios = figures.values()
        row = (f"{ms:.0f}", f"{processor:.0f}", *(f"{ratio:.2f}" for ratio in ratios))
        table.add_row(way, *row, every)
    Console(width=110).print(table)
    return found


def main() -> None:
    """Reads the arguments and runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("instruments", nargs="?", type=int, default=200_000)
    parser.add_argument("rounds", nargs="?", type=int, default=3)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    found = asyncio.run(run(told.instruments, told.rounds))
    if told.json:
        told.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

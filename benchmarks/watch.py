"""Measures one bureau's watch on a day with many alerts, against two other ways.

    python -m benchmarks.watch [instruments] [rounds] [--postgresql] [--json FILE]

`alerts` is the watch without digests; `watch` is the whole of it, with a digest for each of 300
subjects. `bare` inserts the alerts and events that `alerts` wrote, with the driver alone: by COPY
on PostgreSQL. `stored` is the usual way: it updates a stored colour, then inserts the same rows.
They take turns on one database that syncs every commit, each on days of its own. Processor time,
of all threads of this process, is told beside the time elapsed: on a machine that others use it is
the steadier of the two. What PostgreSQL's processes take is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.watch_stores import (
    BUREAU,
    DAY,
    DURABLE,
    START,
    Cost,
    OnPostgresql,
    OnSqlite,
    Store,
    median,
    now,
    since,
)
from plumbing import migrations
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import service_caller
from services.alerts.watch import watch
from tests.postgres import PostgresServer


@contextmanager
def new_store(*, postgresql: bool) -> Iterator[Store]:
    """A database without tables, which is thrown away at the end."""
    if not postgresql:
        with tempfile.TemporaryDirectory() as folder:
            yield OnSqlite(Path(folder) / "alerts.db")
        return
    server = PostgresServer()
    server.start(*DURABLE)
    try:
        yield OnPostgresql(server)
    finally:
        server.stop()


async def run_watch(database: Database, day: date) -> tuple[Cost, int]:
    """Runs the watch of one day; returns what it cost and the number of alerts."""
    clock = FixedClock(datetime(day.year, day.month, day.day, tzinfo=UTC))
    started = now()
    async with Changes(database, clock).change(service_caller("alerts")) as change:
        counts = await watch(change, BUREAU, day)
    return since(started), counts.alerts


async def measure(store: Store, rounds: int) -> tuple[dict[str, list[Cost]], list[int]]:
    """Measures the ways by turns, on new days each time."""
    costs: dict[str, list[Cost]] = {"alerts": [], "watch": [], "bare": [], "stored": []}
    counts, day = [], START
    database = Database(store.url)
    await store.set_subjects(present=True)
    await run_watch(database, day := day + DAY)  # warms up, and opens the cases of the subjects
    for _ in range(rounds):
        for stored in (None, day + DAY):
            await store.set_subjects(present=False)
            before = await store.last_ids()
            cost, count = await run_watch(database, day := day + DAY)
            costs["alerts"].append(cost)
            rows = await store.take_rows(before)
            costs["stored" if stored else "bare"].append(await store.insert(rows, stored and day))
        await store.set_subjects(present=True)
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
        elapsed, processor = median(spent)
        found[way] = {"ms": elapsed * 1e3, "processor ms": processor * 1e3}
    for figures in found.values():
        figures["× bare"] = figures["ms"] / found["bare"]["ms"]
        figures["× bare, processor"] = figures["processor ms"] / found["bare"]["processor ms"]
    return found


async def run(count: int, rounds: int, *, postgresql: bool) -> Figures:
    """Measures, and prints the medians and their ratios to `bare`."""
    with new_store(postgresql=postgresql) as store:
        database = Database(store.url)
        await migrations.upgrade(database, "alerts")
        await database.close()
        await store.fill(count)
        costs, counts = await measure(store, rounds)
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
    parser.add_argument("--postgresql", action="store_true")
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    found = asyncio.run(run(told.instruments, told.rounds, postgresql=told.postgresql))
    if told.json:
        told.json.write_text(json.dumps(found, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

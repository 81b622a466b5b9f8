"""Measures a day with many alerts as Temporal may drive it, from its timers to all that is done.

    python -m benchmarks.watch_by_temporal [instruments] [rounds] [--json FILE]

`watch` is one workflow whose activity runs the watch, as the platform does. `cohorts` is one
workflow for every owner, 300 in all, and `instruments` one for every instrument (of so many as
`SAMPLE`, told for all): once its timer has ended, its activity inserts the alert and event of the
same watch that are its own, in one transaction, with the driver alone. That is less than the watch
does, and speaks for the other two. All use one SQLite file that syncs every commit, and Temporal's
server for development on a file, tuned.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from rich.console import Console
from rich.table import Table
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import Worker

from benchmarks.callers import by_callers
from benchmarks.temporal_cases import TUNED_STORE, TUNED_WORKER, connect, server
from benchmarks.watch import run_watch
from benchmarks.watch_stores import DAY, START, SUBJECTS, OnSqlite, Rows
from plumbing import migrations
from plumbing.database import Database

QUEUE, ATTEMPT, CALLERS = "watches", timedelta(minutes=5), 50
SAMPLE = 900  # workflows of single instruments in a round
# Until timers end, so that all workflows have begun by then: 0.03 s for each.
SECONDS_TO_BEGIN_ONE = 0.03


class Night:
    """What the activities work on: the watch of a day, or the rows of workflows by number."""

    def __init__(self, store: OnSqlite) -> None:
        self.store, self.database = store, Database(store.url)
        self.shares: list[Rows] = []

    @activity.defn
    async def watch(self, day: str) -> int:
        """Runs the watch."""
        _, alerts = await run_watch(self.database, date.fromisoformat(day))
        return alerts

    @activity.defn
    async def insert_own(self, number: int) -> int:
        """Inserts the rows of a workflow."""
        await self.store.insert(self.shares[number])
        return len(self.shares[number]["alert"])


@workflow.defn
class Waiting:
    """Waits for its day, then runs an activity."""

    @workflow.run
    async def run(self, activity_name: str, given: Any, seconds: float) -> int:
        """Returns the number of alerts."""
        await workflow.sleep(timedelta(seconds=seconds))
        alerts: int = await workflow.execute_activity(
            activity_name, given, start_to_close_timeout=ATTEMPT, result_type=int
        )
        return alerts


async def drive(client: Client, activity_name: str, given: Sequence[Any]) -> tuple[float, int]:
    """Begins a workflow for each; returns the seconds from their timers on, and the alerts."""
    handles: dict[int, Any] = {}
    due = time.perf_counter() + 1 + SECONDS_TO_BEGIN_ONE * len(given)

    async def begin(number: int) -> None:
        arguments = [activity_name, given[number], due - time.perf_counter()]
        name = f"{activity_name}-{time.time_ns()}-{number}"
        handles[number] = await client.start_workflow(
            Waiting.run, args=arguments, id=name, task_queue=QUEUE
        )

    await by_callers(len(given), CALLERS, begin)
    if time.perf_counter() > due:
        raise RuntimeError("The timers ended before all workflows had begun")
    alerts = await asyncio.gather(*(one.result() for one in handles.values()))
    return time.perf_counter() - due, sum(alerts)


def shared(rows: Rows, by: Sequence[int]) -> list[Rows]:
    """The rows of a watch for each workflow: `by` has its number for each alert. One event each."""
    shares: list[Rows] = [{"alert": [], "outbox": []} for _ in range(max(by) + 1)]
    for number, alert in zip(by, rows["alert"], strict=True):
        shares[number]["alert"].append(alert)
    size = sum(len(_payload(event)) for event in rows["outbox"]) // len(by)
    for number, share in enumerate(shares):
        event = _event(rows["outbox"][0], number, size * len(share["alert"]))
        share["outbox"].append(event)
    return shares


def _payload(event: tuple[Any, ...]) -> bytes:
    payload: bytes = event[6]
    return payload


def _event(like: tuple[Any, ...], number: int, size: int) -> tuple[Any, ...]:
    """An event of an aggregate of its own, with as much to say of each alert as the watch."""
    seq, _, aggregate, count, subject, headers, payload, *times = like
    own = (seq + number, uuid4().hex, f"{aggregate}/{number}", count, subject, headers)
    return (*own, (payload * (size // len(payload) + 1))[:size], *times)


async def measure(client: Client, night: Night, rounds: int) -> dict[str, list[float]]:
    """Measures the three by turns, on new days each time; seconds of each."""
    seconds: dict[str, list[float]] = {"watch": [], "cohorts": [], "instruments": []}
    store, day = night.store, START
    await drive(client, "watch", [(day := day + DAY).isoformat()])
    for _ in range(rounds):
        before = await store.last_ids()
        spent, alerts = await drive(client, "watch", [(day := day + DAY).isoformat()])
        seconds["watch"].append(spent)
        rows = await store.take_rows(before)
        night.shares = shared(rows, [n % SUBJECTS for n in range(alerts)])
        spent, done = await drive(client, "insert_own", range(len(night.shares)))
        seconds["cohorts"].append(spent)
        if done != alerts:
            raise RuntimeError(f"{done} alerts instead of {alerts}")
        await store.take_rows(before)
        night.shares = shared(rows, range(alerts))[:SAMPLE]
        spent, done = await drive(client, "insert_own", range(len(night.shares)))
        seconds["instruments"].append(spent * alerts / done)
    return seconds


async def run(count: int, rounds: int) -> dict[str, dict[str, float]]:
    """Measures, and prints the medians and their ratios to the watch."""
    with tempfile.TemporaryDirectory() as folder:
        store = OnSqlite(Path(folder) / "alerts.db")
        night = Night(store)
        await migrations.upgrade(night.database, "alerts")
        await store.fill(count)
        activities: list[Any] = [night.watch, night.insert_own]
        with server(Path(folder), TUNED_STORE) as address:
            client = await connect(address)
            async with Worker(
                client, task_queue=QUEUE, workflows=[Waiting], activities=activities, **TUNED_WORKER
            ):
                seconds = await measure(client, night, rounds)
        await night.database.close()
    return _told(count, seconds)


def _told(count: int, seconds: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    medians = {way: statistics.median(spent) for way, spent in seconds.items()}
    table = Table("way", "s", "× watch", "every s", title=f"{count:,} instruments")
    for way, spent in medians.items():
        every = " ".join(f"{one:.2f}" for one in seconds[way])
        table.add_row(way, f"{spent:.2f}", f"{spent / medians['watch']:.1f}", every)
    Console(width=110).print(table)
    return {way: {"s": s, "× watch": s / medians["watch"]} for way, s in medians.items()}


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

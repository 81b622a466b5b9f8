"""Measures what a year of a district leaves behind, and what pruning takes away of it.

    python -m benchmarks.year [instruments] [days] [step]

A whole platform runs in a sandbox, and its clock is moved `step` days at a time. Each instrument is
verified a little before it is due, one of thirty late; each day a record about some subject is
entered, a few subjects having many. Rows and bytes of every table, and the bytes of NATS, Temporal
and the logs, are read when the days are over, with terms that keep everything; then again after the
platform has run with the usual terms and has pruned.
"""

from __future__ import annotations

import asyncio
import csv
import io
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.city_life import client_of
from plumbing.client import ask, new_request_id
from plumbing.settings import SERVICES
from protos.alerts.v1 import alerts_pb2 as alerts
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.commands import imports
from services.cli.commands.imports import ColumnMapping
from services.cli.machine.platform import SANDBOX_START, Platform
from services.cli.sample import SampleFile, loading
from services.cli.sessions import ADMINISTRATOR, administrator_password

INSTRUMENTS, DAYS, STEP, OF_A_SUBJECT = 5000, 365, 1, 10
BUREAU, LATE = "330106", 30
KINDS = ("penalty", "award", "complaint_upheld", "commitment_kept")
READY_SECONDS, PRUNED_WITHIN_SECONDS, QUIET_SECONDS = 600.0, 1800.0, 90.0
PRUNED = ("outbox", "inbox", "answered_request")
SETTLING_SECONDS = 20.0  # for what is still under way
SHOWN_BYTES = 200_000  # of a table, at least
KEEP_ALL = dict.fromkeys(("events_days", "answers_days", "notices_days"), 36500)
LONG_LOGINS = {"token_minutes": 24 * 60}
_YEAR = timedelta(days=364)  # both days included
_OF_TABLES = (
    "SELECT m.tbl_name, sum(d.pgsize) FROM dbstat AS d JOIN sqlite_master AS m ON m.name = d.name"
    " GROUP BY m.tbl_name"
)


@dataclass(frozen=True)
class Held:
    """What a table or another store holds."""

    rows: int
    bytes: int


class District:
    """A district's register, in the hands of one caseworker."""

    def __init__(self, caseworker: Client, instruments: int, start: date) -> None:
        self._caseworker = caseworker
        self._due = {n: start + timedelta(days=n * 365 // instruments) for n in range(instruments)}
        self._owners, self._records = max(1, instruments // OF_A_SUBJECT), 0
        self._subject_ids: list[str] = []

    async def found(self) -> None:
        """Takes in subjects, instruments and their last verifications, as a first load."""
        subjects = [
            (f"owner {n}", "organisation", "market", BUREAU, f"owner-{n}@subjects.example")
            for n in range(self._owners)
        ]
        await self._take("subjects", ("name", "kind", "sector", "bureau", "email"), subjects)
        meters = [(*self._meter(n), "in_use") for n in self._due]
        await self._take("instruments", ("owner", "type_code", "serial_no", "state"), meters)
        await self._verify([*self._due], baseline=True)
        listed = registry.ListSubjectsRequest(bureau=BUREAU, page_size=1000)
        found = (await ask(self._caseworker.registry.ListSubjects(listed))).subjects
        self._subject_ids = [one.subject_id for one in found]

    async def live(self, today: date, days: int) -> None:
        """Does the work of the days before `today`."""
        due = [n for n, day in self._due.items() if day - self._ahead(n) < today]
        for n in due:
            self._due[n] = today + _YEAR
        if due:
            await self._verify(due)
        for _ in range(days):
            await self._enter_record(today)

    def _ahead(self, number: int) -> timedelta:
        """How long before it is due an instrument is verified; some are late."""
        return timedelta(days=-20 if number % LATE == 0 else number % 40)

    def _meter(self, number: int) -> tuple[str, str, str]:
        return f"owner {number % self._owners}", "NAWI-D", f"S{number:07d}"

    async def _verify(self, numbers: list[int], *, baseline: bool = False) -> None:
        rows = list[tuple[str, ...]]()
        for n in numbers:
            until = self._due[n]
            on, certificate = (until - _YEAR).isoformat(), f"C-{n}-{until.isoformat()}"
            rows.append(
                (*self._meter(n), "pass", on, until.isoformat(), "institution", certificate)
            )
        header = ("owner", "type_code", "serial_no", "result", "verified_on", "valid_until")
        names = (*header, "institution", "certificate_no")
        await self._take("verifications", names, rows, baseline=baseline)

    async def _enter_record(self, today: date) -> None:
        self._records += 1
        few = self._records % 10 == 0  # these concern five subjects, which so have many records
        number = self._records // 10 % 5 if few else self._records * 37 % self._owners
        record = registry.Record(
            subject_id=self._subject_ids[number],
            kind=KINDS[self._records // 10 % len(KINDS)],
            occurred_on=(today - timedelta(days=9)).isoformat(),
            determined_on=(today - timedelta(days=2)).isoformat(),
            verified=True,
            source_ref=f"示例〔2026〕{self._records}号",
            summary="示例",
        )
        request = registry.EnterRecordRequest(request_id=new_request_id(), record=record)
        await ask(self._caseworker.registry.EnterRecord(request))

    async def _take(
        self,
        family: str,
        names: tuple[str, ...],
        rows: Sequence[tuple[str, ...]],
        *,
        baseline: bool = True,
    ) -> None:
        text = io.StringIO(newline="")
        csv.writer(text).writerows([names, *rows])
        header = imports.header_of(
            family, f"{family}.csv", ColumnMapping(), bureau=BUREAU, baseline=baseline
        )
        batch = await imports.upload(self._caseworker, header, text.getvalue().encode())
        if batch.rejected:
            raise RuntimeError(f"{batch.rejected} of {len(rows)} {family} were rejected")


@asynccontextmanager
async def running(folder: Path, terms: Mapping[str, int]) -> AsyncIterator[Client]:
    """Runs a platform with these settings, and yields its administrator."""
    async with AsyncExitStack() as exits:
        platform = Platform(folder, sandbox=True, usual_ports=False)
        platform.settings = platform.settings.model_copy(update={**terms, **LONG_LOGINS})
        await exits.enter_async_context(platform)
        await platform.wait_ready(READY_SECONDS)
        settings = platform.settings
        password = administrator_password(settings.keys_dir)
        administrator = await client_of(settings, ADMINISTRATOR, password)
        exits.push_async_callback(administrator.close)
        yield administrator


async def pass_days(administrator: Client, today: date, days: int) -> date:
    """Moves the clock, and waits until the watch of the bureau has run for that day."""
    now = (await ask(administrator.clock.GetClock(registry.GetClockRequest()))).now
    request = registry.AdvanceClockRequest(request_id=new_request_id())
    request.to.FromDatetime(now.ToDatetime() + timedelta(days=days))
    await ask(administrator.clock.AdvanceClock(request))
    there = today + timedelta(days=days)
    while True:
        watches = (await ask(administrator.alerts.GetWatch(alerts.GetWatchRequest()))).watches
        of_bureau = [one.watched_through for one in watches if one.bureau == BUREAU]
        if of_bureau and of_bureau[0] >= there.isoformat():
            return there
        await asyncio.sleep(0.1)


async def a_year(folder: Path, instruments: int, days: int, step: int) -> None:
    """Lets a district live for some days, with terms that keep everything."""
    progress, began = Console(stderr=True), time.monotonic()
    async with running(folder, KEEP_ALL) as administrator:
        content = f"code,name\n{BUREAU},bureau\n".encode()
        await loading.load_file(administrator, SampleFile("bureaus", "bureaus.csv", content))
        caseworker = await loading.engage(administrator, BUREAU)
        today = SANDBOX_START
        district = District(caseworker, instruments, today)
        await district.found()
        for passed in range(step, days + 1, step):
            today = await pass_days(administrator, today, step)
            await district.live(today, step)
            progress.print(f"{passed} days, {time.monotonic() - began:.0f} s")
        await asyncio.sleep(SETTLING_SECONDS)
        await caseworker.close()


async def prune(folder: Path) -> None:
    """Runs the platform with the usual terms until no old row has gone for a while.

    Tells meanwhile how many rows are left of what is pruned.
    """
    progress, began = Console(stderr=True), time.monotonic()
    async with running(folder, {}):
        left, changed = prunable(folder), time.monotonic()
        while time.monotonic() < min(changed + QUIET_SECONDS, began + PRUNED_WITHIN_SECONDS):
            progress.print(f"{left:,} rows that may go, {time.monotonic() - began:.0f} s")
            await asyncio.sleep(5)
            if (now := prunable(folder)) < left:
                left, changed = now, time.monotonic()


def prunable(folder: Path) -> int:
    """The rows of all services in the tables of which old rows are removed."""
    rows = 0
    for service in SERVICES:
        file = folder / f"{service}.db"
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            for table in (*PRUNED, *(["notice"] if service == "alerts" else [])):
                query = f"SELECT count(*) FROM {table}"  # noqa: S608
                rows += int(connection.execute(query).fetchone()[0])
    return rows


def held(folder: Path) -> dict[str, Held]:
    """What every table of every service holds, and the other stores."""
    found = {}
    for service in SERVICES:
        for table, what in tables_of(folder / f"{service}.db"):
            found[f"{service}: {table}"] = what
    for name in ("nats", "temporal", "logs"):
        files = [file.stat().st_size for file in (folder / name).rglob("*") if file.is_file()]
        found[name] = Held(len(files), sum(files))
    return found


def tables_of(file: Path) -> Iterator[tuple[str, Held]]:
    """The tables of a SQLite file, each with its indexes."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
        for table, size in connection.execute(_OF_TABLES).fetchall():
            [rows] = connection.execute(f'SELECT count(*) FROM "{table}"').fetchone()  # noqa: S608
            yield table, Held(rows, size)


def told(before: Mapping[str, Held], after: Mapping[str, Held], title: str) -> Table:
    """The larger stores before and after pruning."""
    table = Table("", "rows", "after", "MB", "after", title=title)
    nothing = Held(0, 0)
    for name, was in sorted(before.items(), key=lambda item: -item[1].bytes):
        if was.bytes >= SHOWN_BYTES:
            now = after.get(name, nothing)
            sizes = (f"{one.bytes / 1e6:.1f}" for one in (was, now))
            table.add_row(name, f"{was.rows:,}", f"{now.rows:,}", *sizes)
    sums = (f"{sum(one.bytes for one in held.values()) / 1e6:.1f}" for held in (before, after))
    table.add_row("together", "", "", *sums)
    return table


def main() -> None:
    """Measures one year."""
    given = [int(argument) for argument in sys.argv[1:]]
    instruments, days, step = (*given, *(INSTRUMENTS, DAYS, STEP)[len(given) :])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "data"
        asyncio.run(a_year(folder, instruments, days, step))
        before = held(folder)
        asyncio.run(prune(folder))
        title = f"{instruments:,} instruments, {days} days by {step}"
        Console(width=100).print(told(before, held(folder), title))


if __name__ == "__main__":
    main()

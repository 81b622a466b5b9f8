"""Measures what reads the whole platform: check, exports and reconcile, beside bare floors.

    python -m benchmarks.whole_reads [instruments] [rounds] [--folder DIR] [--json FILE]

A sandbox gets the sample and so many instruments with a verification each, of which one of each of
230 subjects turns red, so that 230 escalation cases have a workflow. Then, in turns:

`check` is `quanheng check`; its floor reads every row of the four databases once, by Python's
sqlite3. `export csv` and `export xlsx` write every instrument as `quanheng instrument list
--export`; their floor reads the same rows by sqlite3 and writes them by csv or xlsxwriter.
`reconcile` is `quanheng reconcile`; its floor asks Temporal about each workflow, one after the
other. `processor` is what every process of the platform and this one spent. A folder that is given
keeps the databases for a later run.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import xlsxwriter
from rich.console import Console
from rich.table import Table

from benchmarks.city_life import client_of
from plumbing import temporal
from plumbing.settings import SERVICES
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.commands import imports
from services.cli.commands.imports import ColumnMapping
from services.cli.commands.platform import advance_clock, reconcile_all
from services.cli.health import agreement
from services.cli.machine.platform import Platform
from services.cli.output.answer import export_list
from services.cli.sample import cast, loading
from services.cli.sessions import ADMINISTRATOR, administrator_password

INSTRUMENTS, ROUNDS, SUBJECTS, RED = 55_000, 3, 2_000, 230
BUREAU, READY_SECONDS = "330106", 600.0
Work = Callable[[], Awaitable[int]]


@dataclass(frozen=True)
class Spent:
    """The time that a piece of work took, elapsed and of processors, and what it counted."""

    wall: float
    processor: float
    counted: int


def _csv(rows: Iterator[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _subjects() -> Iterator[tuple[str, ...]]:
    yield ("name", "kind", "sector", "bureau")
    for number in range(SUBJECTS):
        yield (f"合成单位{number}", "organisation", "market", BUREAU)


def _instruments(number: int) -> Iterator[tuple[str, ...]]:
    yield ("owner", "type_code", "serial_no", "state")
    for n in range(number):
        yield (f"合成单位{n % SUBJECTS}", "NAWI-D", f"W{n:07d}", "in_use")


def _verifications(number: int, today: date) -> Iterator[tuple[str, ...]]:
    yield ("owner", "type_code", "serial_no", "result", "verified_on", "valid_until", "institution",
           "certificate_no")  # fmt: skip
    for n in range(number):
        ends = today + timedelta(days=1 if n < RED else 100 + n % 200)
        held = (f"合成单位{n % SUBJECTS}", "NAWI-D", f"W{n:07d}", "合格")
        days = (ends - timedelta(days=364)).isoformat(), ends.isoformat()
        yield (*held, *days, "合成检定院", f"W-{n}")


async def fill(administrator: Client, instruments: int) -> None:
    """Loads the sample and the instruments, and lets some of them turn red."""
    async for _batch in loading.load(administrator):
        pass
    clock = await administrator.clock.GetClock(registry.GetClockRequest())
    today = date.fromisoformat(clock.today)
    loader = await loading.engage(administrator, BUREAU)
    for family, rows in (
        ("subjects", _subjects()),
        ("instruments", _instruments(instruments)),
        ("verifications", _verifications(instruments, today)),
    ):
        header = imports.header_of(
            family, f"{family}.csv", ColumnMapping(), bureau=BUREAU, baseline=True
        )
        batch = await imports.upload(loader, header, _csv(rows))
        if batch.state != "applied":
            raise RuntimeError(f"Not applied: {batch}")
    await loader.close()
    await cast.engage(administrator, administrator.settings)
    await agreement.rest(administrator)
    await advance_clock(administrator, timedelta(days=3))


class Measured:
    """A platform with everything in it, and what is measured on it."""

    def __init__(self, platform: Platform, administrator: Client, reviewer: Client) -> None:
        self._platform, self._reviewer = platform, reviewer
        self._administrator, self._folder = administrator, platform.data_dir

    def works(self) -> dict[str, tuple[Work, Work]]:
        """Each piece of work with its floor."""
        return {
            "check": (self._check, self._read_everything),
            "export csv": (lambda: self._export("csv"), lambda: self._write("csv")),
            "export xlsx": (lambda: self._export("xlsx"), lambda: self._write("xlsx")),
            "reconcile": (self._reconcile, self._describe),
        }

    async def spent(self, work: Work) -> Spent:
        """Does a piece of work, and returns what it took."""
        wall, processor = time.perf_counter(), self._processor()
        counted = await work()
        return Spent(time.perf_counter() - wall, self._processor() - processor, counted)

    def _processor(self) -> float:
        parts = self._platform.processes.values()
        return time.process_time() + sum(part.cpu_seconds for part in parts)

    async def _check(self) -> int:
        found = await agreement.check(self._administrator)
        if not found.holds:
            raise RuntimeError(f"It does not agree: {found.problems[:5]}")
        return sum(sum(figures.values()) for figures in found.figures.values())

    async def _read_everything(self) -> int:
        return sum(len(rows) for service in SERVICES for rows in _tables(self._folder, service))

    async def _export(self, ending: str) -> int:
        listed = self._reviewer.registry.ListInstruments
        to = self._folder / f"export.{ending}"
        return await export_list(listed, registry.ListInstrumentsRequest(), to, self._reviewer)

    async def _write(self, ending: str) -> int:
        with closing(sqlite3.connect(self._folder / "registry.db")) as connection:
            rows = connection.execute("SELECT * FROM instrument").fetchall()
        to = self._folder / f"floor.{ending}"
        _WRITERS[ending](to, rows)
        return len(rows)

    async def _reconcile(self) -> int:
        answers = await reconcile_all(self._administrator)
        if started := [one for answer in answers.values() for one in answer.started]:
            raise RuntimeError(f"They did not run: {started[:5]}")
        return sum(answer.running for answer in answers.values())

    async def _describe(self) -> int:
        client = await temporal.connect(self._platform.settings, "alerts")
        ids = [run.id async for run in client.list_workflows("ExecutionStatus = 'Running'")]
        for workflow_id in ids:
            await client.get_workflow_handle(workflow_id).describe()
        return len(ids)


def _tables(folder: Path, service: str) -> Iterator[list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / f"{service}.db")) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in names:
            yield connection.execute(f'SELECT * FROM "{name}"').fetchall()  # noqa: S608 - a table


def _write_csv(to: Path, rows: list[tuple[object, ...]]) -> None:
    with to.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def _write_xlsx(to: Path, rows: list[tuple[object, ...]]) -> None:
    with xlsxwriter.Workbook(to, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)


_WRITERS = {"csv": _write_csv, "xlsx": _write_xlsx}


async def run(instruments: int, rounds: int, folder: Path) -> dict[str, dict[str, float]]:
    """Fills a platform unless the folder has one, and measures everything in turns."""
    async with AsyncExitStack() as exits:
        platform = Platform(folder, sandbox=True, usual_ports=False)
        await exits.enter_async_context(platform)
        await platform.wait_ready(READY_SECONDS)
        settings, filled = platform.settings, folder / "filled"
        password = administrator_password(settings.keys_dir)
        administrator = await client_of(settings, ADMINISTRATOR, password)
        exits.push_async_callback(administrator.close)
        if not filled.exists():
            await fill(administrator, instruments)
            filled.touch()
        members = {m["name"]: m for m in json.loads(settings.cast_file.read_text())}
        one = members["demo.reviewer"]
        reviewer = await client_of(settings, one["name"], one["password"])
        exits.push_async_callback(reviewer.close)
        await agreement.rest(administrator)
        return await _in_turns(Measured(platform, administrator, reviewer), rounds)


async def _in_turns(measured: Measured, rounds: int) -> dict[str, dict[str, float]]:
    works = measured.works()
    found: dict[str, list[tuple[Spent, Spent]]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, (work, floor) in works.items():
            found[name].append((await measured.spent(work), await measured.spent(floor)))
    return {name: _figures(pairs) for name, pairs in found.items()}


def _figures(pairs: list[tuple[Spent, Spent]]) -> dict[str, float]:
    middle = statistics.median
    return {
        "counted": pairs[0][0].counted,
        "seconds": middle(work.wall for work, _ in pairs),
        "processor": middle(work.processor for work, _ in pairs),
        "floor": middle(floor.wall for _, floor in pairs),
        "× floor": middle(work.wall / floor.wall for work, floor in pairs),
    }


@contextmanager
def _folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def main() -> None:
    """Reads the arguments, measures and prints."""
    parser = argparse.ArgumentParser()
    parser.add_argument("instruments", nargs="?", type=int, default=INSTRUMENTS)
    parser.add_argument("rounds", nargs="?", type=int, default=ROUNDS)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--json", type=Path)
    told = parser.parse_args()
    with _folder(told.folder) as folder:
        found = asyncio.run(run(told.instruments, told.rounds, folder))
    table = Table("", *next(iter(found.values())), title=f"{told.instruments:,} instruments")
    for name, figures in found.items():
        table.add_row(name, *(f"{value:,.2f}" for value in figures.values()))
    Console().print(table)
    if told.json:
        told.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

"""Measures how long grading and alerts take to follow a large import, beside the import itself.

    python -m benchmarks.import_followed [rows] [rounds] [--json FILE]

A sandbox gets subjects and, for every tenth row, an instrument. Then a file of so many
verifications is imported over gRPC as a first load, and a file of a tenth as many credit records.
`import` is the time until the batch is applied, `followed` the time from then until every service
has handled every event. Peak memory is that of the register's process, so far.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import io
import json
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.city_life import client_of
from plumbing.client import new_request_id
from protos.registry.v1 import registry_pb2 as registry
from services.cli.client import Client
from services.cli.commands import imports
from services.cli.commands.imports import ColumnMapping
from services.cli.health import agreement
from services.cli.machine.platform import Platform
from services.cli.sample import loading
from services.cli.sessions import ADMINISTRATOR, administrator_password

ROWS, ROUNDS, SUBJECTS, OF_AN_INSTRUMENT = 30_000, 3, 1_000, 10
BUREAU, READY_SECONDS, LOOK_SECONDS = "330106", 600.0, 0.1
Rows = Iterable[tuple[str, ...]]
GOAL = 1.5


def _subjects() -> Iterator[tuple[str, ...]]:
    yield ("name", "kind", "sector", "bureau")
    for number in range(SUBJECTS):
        yield (f"合成单位{number}", "organisation", "market", BUREAU)


def _instruments(rows: int) -> Iterator[tuple[str, ...]]:
    yield ("owner", "type_code", "serial_no", "state")
    for n in range(rows // OF_AN_INSTRUMENT):
        yield (f"合成单位{n % SUBJECTS}", "NAWI-D", f"F{n:07d}", "in_use")


def _verifications(rows: int, today: date) -> Iterator[tuple[str, ...]]:
    yield ("owner", "type_code", "serial_no", "result", "verified_on", "valid_until", "institution",
           "certificate_no")  # fmt: skip
    for n in range(rows):
        instrument, age = divmod(n, OF_AN_INSTRUMENT)
        day = today - timedelta(days=1 + instrument % 300 + 365 * age)
        held = (f"合成单位{instrument % SUBJECTS}", "NAWI-D", f"F{instrument:07d}", "合格")
        ends = (day + timedelta(days=364)).isoformat()
        yield (*held, day.isoformat(), ends, "合成检定院", f"F-{n}")


def _records(rows: int, today: date) -> Iterator[tuple[str, ...]]:
    yield ("owner", "kind", "severity", "occurred_on", "determined_on", "verified", "final",
           "source_ref", "summary")  # fmt: skip
    for n in range(rows // 10):
        day = (today - timedelta(days=60 + n // SUBJECTS)).isoformat()
        number = f"合成罚决字〔2026〕{n}号"
        yield (f"合成单位{n % SUBJECTS}", "penalty", "general", day, day, "是", "是", number,
               "合成的处罚决定")  # fmt: skip


def _csv(rows: Rows) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def take(loader: Client, family: str, rows: Rows) -> None:
    """Imports a file as a first load. Raises RuntimeError if it is not applied."""
    header = imports.header_of(
        family, f"{family}.csv", ColumnMapping(), bureau=BUREAU, baseline=True
    )
    batch = await imports.upload(loader, header, _csv(rows))
    if batch.state != "applied":
        raise RuntimeError(f"Not applied: {batch}")


async def followed(administrator: Client) -> float:
    """Waits until every service has handled every event; returns the seconds."""
    began = time.perf_counter()
    while not await agreement.is_at_rest(administrator):  # noqa: ASYNC110  asks the services
        await asyncio.sleep(LOOK_SECONDS)
    return time.perf_counter() - began


async def once(rows: int, folder: Path) -> dict[str, dict[str, float]]:
    """Imports both files into a new platform."""
    async with AsyncExitStack() as exits:
        platform = Platform(folder, sandbox=True, usual_ports=False)
        await exits.enter_async_context(platform)
        await platform.wait_ready(READY_SECONDS)
        settings = platform.settings
        password = administrator_password(settings.keys_dir)
        administrator = await client_of(settings, ADMINISTRATOR, password)
        exits.push_async_callback(administrator.close)
        bureau = registry.Bureau(code=BUREAU, name="bureau")
        put = registry.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
        await administrator.registry.PutBureau(put)
        clock = await administrator.clock.GetClock(registry.GetClockRequest())
        today = date.fromisoformat(clock.today)
        loader = await loading.engage(administrator, BUREAU)
        exits.push_async_callback(loader.close)
        await take(loader, "subjects", _subjects())
        await take(loader, "instruments", _instruments(rows))
        await followed(administrator)
        found = {}
        for family, content in (
            ("verifications", [*_verifications(rows, today)]),
            ("records", [*_records(rows, today)]),
        ):
            began = time.perf_counter()
            await take(loader, family, content)
            taken = time.perf_counter() - began
            after = await followed(administrator)
            found[family] = {
                "rows": len(content) - 1,
                "import": taken,
                "followed": after,
                "followed / import": after / taken,
                "peak MB": _peak(platform),
            }
        return found


def _peak(platform: Platform) -> float:
    """The most memory that the register's process had, in MB."""
    status = Path(f"/proc/{platform.processes['registry'].pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1000


def main() -> None:
    """Reads the arguments, measures and prints the medians."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.import_followed")
    parser.add_argument("rows", nargs="?", type=int, default=ROWS)
    parser.add_argument("rounds", nargs="?", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rounds = []
    for _ in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            rounds.append(asyncio.run(once(given.rows, Path(folder))))
    told = {
        family: {name: statistics.median(one[family][name] for one in rounds) for name in figures}
        for family, figures in rounds[0].items()
    }
    table = Table("", *next(iter(told.values())), title=f"seconds; goal {GOAL} × the import")
    for family, figures in told.items():
        table.add_row(family, *(f"{value:,.2f}" for value in figures.values()))
    Console(width=100).print(table)
    if given.json:
        given.json.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()

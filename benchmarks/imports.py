"""Measures how fast files of verifications are imported, against inserting the same rows.

    python -m benchmarks.imports [rows] [rounds]

`import` is the whole of it: decoding, checking, comparing with the register, saving, announcing,
and what an undo needs. `again` imports a file with the same rows in other bytes. `bare` only
writes the same rows into the same table by executemany. Each uses a SQLite file that syncs every
commit. The register holds an instrument for every tenth row.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import grpc
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from sqlmodel import select

from plumbing import migrations
from plumbing.change import Changes
from plumbing.client import new_request_id
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from protos.registry.v1 import registry_pb2 as pb
from services.registry.imports.batch.access import find_batch
from services.registry.imports.batch.commands import import_file
from services.registry.imports.batch.intake import Upload
from services.registry.imports.batch.processing import Processor
from services.registry.imports.batch.undo import Undoing, Undone, undo
from services.registry.imports.impact.estimate import Limits
from services.registry.imports.impact.grade_drops import GradingService
from services.registry.imports.rows.file import read_file
from services.registry.imports.staging.scratch import FOLDER
from services.registry.tables import ImportBatch, Verification

NOW = datetime(2026, 9, 14, 1, tzinfo=UTC)
ROWS, ROUNDS, PER_INSTRUMENT = 30_000, 3, 10
BUREAU = "330106"
ADMINISTRATOR = Caller("administrator", "administrator", frozenset({Role.ADMINISTRATOR}), "000000")
CALLER = Caller("benchmark", "benchmark", frozenset({Role.CASEWORKER}), "000000")


@dataclass(frozen=True)
class Figures:
    """Rows per second of elapsed time and of processor time."""

    wall: float
    processor: float


async def once(rows: int) -> dict[str, Figures]:
    """Measures once on a new database."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        database = await register(Path(folder), rows)
        content = verifications(rows)
        figures["import"] = await _timed(rows, take(database, "verifications", content))
        figures["again"] = await _timed(rows, take(database, "verifications", content + b"\n"))
        async with database.transaction() as session:
            stored = [row.model_dump() for row in await session.exec(select(Verification))]
            session.expunge_all()
            await session.exec(sa.delete(Verification))
        figures["bare"] = await _timed(rows, _insert(database, stored))
        await database.close()
    return figures


async def _timed(rows: int, work: Awaitable[None]) -> Figures:
    wall, processor = time.perf_counter(), time.process_time()
    await work
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Figures(rows / wall, rows / processor)


async def _insert(database: Database, rows: list[dict[str, object]]) -> None:
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(sa.insert(Verification), rows)


async def register(folder: Path, rows: int) -> Database:
    """Returns a new register with an instrument for every tenth of so many verifications."""
    database = Database(f"sqlite+aiosqlite:///{folder}/registry.db")
    await migrations.upgrade(database, "registry")
    await take(database, "bureaus", _csv([("code", "name"), (BUREAU, "bureau")]))
    subject = ("name", "kind", "sector", "bureau")
    owners = [(f"owner {n}", "organisation", "market", BUREAU) for n in range(100)]
    await take(database, "subjects", _csv([subject, *owners]))
    meters = [
        (f"owner {n % 100}", "NAWI-D", f"S{n:07d}", "in_use") for n in range(rows // PER_INSTRUMENT)
    ]
    await take(
        database, "instruments", _csv([("owner", "type_code", "serial_no", "state"), *meters])
    )
    return database


def verifications(rows: int) -> bytes:
    """Returns a file of so many verifications of the instruments of `register`."""
    header = ("owner", "type_code", "serial_no", "result", "verified_on", "valid_until")
    lines = []
    for n in range(rows):
        instrument, age = divmod(n, PER_INSTRUMENT)
        day = date(2026, 9, 1) - timedelta(days=365 * age + instrument % 300)
        until = (day + timedelta(days=364)).isoformat()
        serial = f"S{instrument:07d}"
        line = (f"owner {instrument % 100}", "NAWI-D", serial, "合格", day.isoformat(), until)
        lines.append((*line, "institution", f"C-{n}", "JJG 539"))
    return _csv([(*header, "institution", "certificate_no", "method"), *lines])


def _csv(rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


async def take(database: Database, family: str, content: bytes) -> None:
    """Imports a file as a first load. Raises RuntimeError if it is not applied."""
    header = pb.ImportHeader(
        request_id=new_request_id(),
        family=family,
        file_name="benchmark.csv",
        mode="all_or_nothing",
        baseline=True,
    )
    file = await asyncio.to_thread(read_file, header, content, NOW.date())
    upload = Upload(content, hashlib.sha256(content).hexdigest(), file)
    # Grading is never asked: no grade changes.
    grading = GradingService(grpc.aio.insecure_channel("127.0.0.1:9"))
    folder = Path(str(database.engine.url.database)).parent / FOLDER
    processor = Processor(Changes(database, FixedClock(NOW)), grading, Limits(1, 1, 1), folder)
    caller = ADMINISTRATOR if family == "bureaus" else CALLER
    answer = await import_file(processor, caller, header, upload)
    if answer.batch.state not in ("applied", "unchanged"):
        raise RuntimeError(f"Not applied: {answer.batch}")


async def take_back(database: Database) -> None:
    """Undoes the last file, as when a second person has released it."""
    last = select(ImportBatch.batch_id).order_by(sa.text("rowid DESC")).limit(1)
    async with database.snapshot() as session:
        batch_id = (await session.exec(last)).one()
    changes = Changes(database, FixedClock(NOW))
    folder = Path(str(database.engine.url.database)).parent / FOLDER
    request = pb.UndoBatchRequest(
        request_id=new_request_id(), batch_id=batch_id, ground="benchmark"
    )

    async def finish(undone: Undone | None) -> None:
        if undone is None:
            raise RuntimeError("Not applied")
        async with changes.change(CALLER) as change:
            batch = await find_batch(change.session, CALLER, batch_id, lock=True)
            await undo(change, batch, request.ground, undone)

    await Undoing(changes, folder).undo(CALLER, request, finish, released=True)


def main() -> None:
    """Measures everything once in each round."""
    arguments = [int(argument) for argument in sys.argv[1:]]
    rows, rounds = (arguments + [ROWS, ROUNDS][len(arguments) :])[:2]
    figures: dict[str, list[Figures]] = {}
    for _ in range(rounds):
        for name, figure in asyncio.run(once(rows)).items():
            figures.setdefault(name, []).append(figure)
    console = Console()
    for measure in ("wall", "processor"):
        rates = {way: [getattr(f, measure) for f in rounds_] for way, rounds_ in figures.items()}
        table = Table("", "least", "median", "most", title=f"rows per second, {measure}: {rows:,}")
        for name, values in rates.items():
            spread = (min(values), statistics.median(values), max(values))
            table.add_row(name, *(f"{value:,.0f}" for value in spread))
        console.print(table)
        ratios = [a / b for a, b in zip(rates["import"], rates["bare"], strict=True)]
        console.print(f"import / bare: median {statistics.median(ratios):.3f}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"peak memory of the whole run: {peak:,.0f} MiB")


if __name__ == "__main__":
    main()

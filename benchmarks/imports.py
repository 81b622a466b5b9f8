"""Measures how fast files of verifications are imported, against inserting the same rows.

    python -m benchmarks.imports [rows] [rounds] [postgresql]

`import` is the whole of it: decoding, checking, comparing with the register, saving, announcing,
and what an undo needs. `again` imports a file with the same rows in other bytes. `bare` writes
every row that the import wrote (verifications, digests, events, what an undo needs) into the same
tables by executemany, on PostgreSQL by COPY; `own table` only the verifications. `python`,
`python + JSON` and `pydantic` are the ways of `benchmarks/import_ways.py`, on SQLite; `polars` and
`duckdb` those of `benchmarks/peers/table_imports.py`, if `make peers` was run. A SQLite file
syncs every commit; PostgreSQL is the throw-away server of the tests, which syncs none. The register
holds an instrument for every tenth row.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select

from benchmarks.import_ways import WAYS, Way
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
from services.registry.tables import ImportBatch
from tests.postgres import PostgresServer

NOW = datetime(2026, 9, 14, 1, tzinfo=UTC)
ROWS, ROUNDS, PER_INSTRUMENT = 30_000, 3, 10
BUREAU = "330106"
PYTHON_OF_PEERS = "var/peers/bin/python"
Row = tuple[Any, ...]
# The tables in which an import of verifications writes rows.
WRITTEN = ("verification", "import_thing", "audit_row", "outbox")
ADMINISTRATOR = Caller("administrator", "administrator", frozenset({Role.ADMINISTRATOR}), "000000")
CALLER = Caller("benchmark", "benchmark", frozenset({Role.CASEWORKER}), "000000")


@dataclass(frozen=True)
class Figures:
    """Rows per second of elapsed time and of processor time."""

    wall: float
    processor: float


async def once(rows: int, server: PostgresServer | None = None) -> dict[str, Figures]:
    """Measures once on a new database, of the server if there is one."""
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        database = await register(Path(folder), rows, _new_database(server))
        content = verifications(rows)
        before = {table: await _stored(database, table) for table in WRITTEN}
        figures["import"] = await _timed(rows, take(database, "verifications", content))
        written = {table: await _stored(database, table, before[table]) for table in WRITTEN}
        figures["again"] = await _timed(rows, take(database, "verifications", content + b"\n"))
        figures["bare"] = await _timed(rows, _write_again(database, written))
        own = {"verification": written["verification"]}
        figures["own table"] = await _timed(rows, _write_again(database, own))
        if server is None:
            for name, way in WAYS.items():
                figures[name] = await _timed(rows, _in_a_new_file(Path(folder), content, way))
            for name in _peers():
                figures[name] = _beside(name, Path(folder), content)
        await database.close()
    return figures


def _new_database(server: PostgresServer | None) -> str:
    if server is None:
        return ""
    name = f"imports_{uuid4().hex}"
    server.create(name)
    return server.url(name)


async def _in_a_new_file(folder: Path, content: bytes, way: Way) -> None:
    await asyncio.to_thread(way, folder / f"{uuid4().hex}.db", content)


def _peers() -> Sequence[str]:
    return ("polars", "duckdb") if Path(PYTHON_OF_PEERS).exists() else ()


def _beside(way: str, folder: Path, content: bytes) -> Figures:
    """What a way of the environment of peers takes, in a process of its own."""
    file = folder / "peers.csv"
    file.write_bytes(content)
    module = "benchmarks.peers.table_imports"
    command = [PYTHON_OF_PEERS, "-m", module, way, str(file), str(folder)]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    found = json.loads(answer.stdout)
    return Figures(found["rows"] / found["wall"], found["rows"] / found["processor"])


async def _timed(rows: int, work: Awaitable[None]) -> Figures:
    wall, processor = time.perf_counter(), time.process_time()
    await work
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    return Figures(rows / wall, rows / processor)


async def _stored(database: Database, table: str, without: Sequence[Row] = ()) -> list[Row]:
    async with database.transaction() as session:
        connection = await session.connection()
        rows = await connection.exec_driver_sql(f"SELECT * FROM {table}")  # noqa: S608
        known = set(map(repr, without))
        return [row for row in map(_as_copied, rows) if repr(row) not in known]


def _as_copied(row: Sequence[Any]) -> Row:
    """A row as COPY takes it: JSON as text."""
    return tuple(json.dumps(one) if isinstance(one, (dict, list)) else one for one in row)


async def _write_again(database: Database, written: Mapping[str, Sequence[Row]]) -> None:
    """Writes rows into empty copies of their tables, with the same indexes, in one transaction."""
    async with database.transaction() as session:
        connection = await session.connection()
        for table, rows in written.items():
            copy = await _empty_copy(connection, table)
            if database.is_sqlite:
                marks = ", ".join("?" * len(rows[0]))
                await connection.exec_driver_sql(f"INSERT INTO {copy} VALUES ({marks})", list(rows))  # noqa: S608
            else:
                driver = (await connection.get_raw_connection()).driver_connection
                await driver.copy_records_to_table(copy, records=rows)  # type: ignore[union-attr]


async def _empty_copy(connection: AsyncConnection, table: str) -> str:
    copy = f"copy_{uuid4().hex}"
    if connection.dialect.name != "sqlite":
        await connection.exec_driver_sql(f"CREATE TABLE {copy} (LIKE {table} INCLUDING ALL)")
        return copy
    query = "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY rowid"
    for (sql,) in (await connection.exec_driver_sql(query, (table,))).all():
        renamed = re.sub(rf'(INDEX|TABLE|ON)( "?){table}\b', rf"\1\2{copy}", sql)
        named = re.sub(r'(INDEX "?)', rf"\1{copy}_", renamed)
        await connection.exec_driver_sql(named)
    return copy


async def register(folder: Path, rows: int, url: str = "") -> Database:
    """Returns a new register with an instrument for every tenth of so many verifications.

    It is a SQLite file in the folder unless the `url` of an empty database is given.
    """
    database = Database(url or f"sqlite+aiosqlite:///{folder}/registry.db")
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
    folder = _scratch_folder(database)
    processor = Processor(Changes(database, FixedClock(NOW)), grading, Limits(1, 1, 1), folder)
    caller = ADMINISTRATOR if family == "bureaus" else CALLER
    answer = await import_file(processor, caller, header, upload)
    if answer.batch.state not in ("applied", "unchanged"):
        raise RuntimeError(f"Not applied: {answer.batch}")


def _scratch_folder(database: Database) -> Path:
    place = str(database.engine.url.database)
    return (Path(place).parent if database.is_sqlite else Path(tempfile.gettempdir())) / FOLDER


async def take_back(database: Database) -> None:
    """Undoes the last file, as when a second person has released it."""
    last = select(ImportBatch.batch_id).order_by(sa.text("rowid DESC")).limit(1)
    async with database.snapshot() as session:
        batch_id = (await session.exec(last)).one()
    changes = Changes(database, FixedClock(NOW))
    folder = _scratch_folder(database)
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
    """Measures everything once in each round, the ways in turns."""
    arguments = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    rows, rounds = (arguments + [ROWS, ROUNDS][len(arguments) :])[:2]
    server = PostgresServer() if "postgresql" in sys.argv else None
    figures: dict[str, list[Figures]] = {}
    if server:
        server.start()
    try:
        for _ in range(rounds):
            for name, figure in asyncio.run(once(rows, server)).items():
                figures.setdefault(name, []).append(figure)
    finally:
        if server:
            server.stop()
    console = Console()
    for measure in ("wall", "processor"):
        console.print(_table(figures, measure, rows))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    console.print(f"peak memory of the whole run: {peak:,.0f} MiB")


def _table(figures: Mapping[str, Sequence[Figures]], measure: str, rows: int) -> Table:
    table = Table(
        *("", "least", "median", "most", "import / it"),
        title=f"rows per second, {measure}: {rows:,}",
    )
    rates = {way: [getattr(f, measure) for f in rounds] for way, rounds in figures.items()}
    for name, values in rates.items():
        spread = (min(values), statistics.median(values), max(values))
        ratios = [a / b for a, b in zip(rates["import"], values, strict=True)]
        ratio = f"{statistics.median(ratios):.2f}"
        table.add_row(name, *(f"{value:,.0f}" for value in spread), ratio)
    return table


if __name__ == "__main__":
    main()

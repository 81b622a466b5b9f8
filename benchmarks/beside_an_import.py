"""Measures how long others wait while a large file of verifications is taken in, and undone.

    python -m benchmarks.beside_an_import [MiB]

The registry's own code works on a SQLite file that syncs every commit. Meanwhile another task
changes a row every tenth of a second, in a transaction of its own, and a third reads; it must never
see a part of the file. The longest wait for writing is about the transaction that puts the file in
force, or removes its rows. Who waits too long is told to come again, as callers are; `refused`
counts that.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table
from sqlmodel import col, select

from benchmarks import imports
from plumbing.database import Database, WriterBusy
from services.registry.tables import ImportPiece, Verification

MIB, PAUSE_SECONDS = 1024 * 1024, 0.1


class Others:
    """Somebody who writes and somebody who reads, and how long each of their calls took."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.writes: list[float] = []
        self.reads: list[float] = []
        self.refused = 0
        self.seen: set[int] = set()
        self._ended = asyncio.Event()

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Lets both work meanwhile."""
        tasks = [asyncio.create_task(self._write()), asyncio.create_task(self._read())]
        try:
            yield
        finally:
            self._ended.set()  # the last calls are waited for, and count
            await asyncio.gather(*tasks)

    async def _write(self) -> None:
        change = sa.update(ImportPiece).values(items=ImportPiece.items)
        while not self._ended.is_set():
            started = time.perf_counter()
            try:
                async with self._database.transaction() as session:
                    await session.exec(change)
            except WriterBusy:
                self.refused += 1
            self.writes.append(time.perf_counter() - started)
            await asyncio.sleep(PAUSE_SECONDS)

    async def _read(self) -> None:
        counted = select(sa.func.count()).where(sa.not_(col(Verification.removed)))
        while not self._ended.is_set():
            started = time.perf_counter()
            async with self._database.snapshot() as session:
                self.seen.add((await session.exec(counted)).one())
            self.reads.append(time.perf_counter() - started)
            await asyncio.sleep(PAUSE_SECONDS)


async def measure(size: int) -> list[Table]:
    """Imports a file of about `size` bytes and undoes it; returns the waits of others."""
    with tempfile.TemporaryDirectory() as folder:
        of_one = len(imports.verifications(1000)) / 1000
        rows = int(size / of_one) // imports.PER_INSTRUMENT * imports.PER_INSTRUMENT
        database = await imports.register(Path(folder), rows)
        content = imports.verifications(rows)
        title = f"{len(content) / MIB:.1f} MiB, {rows:,} rows"
        taken = imports.take(database, "verifications", content)
        tables = [await _beside(database, taken, rows, f"{title}, taken in")]
        undone = imports.take_back(database)
        tables.append(await _beside(database, undone, rows, f"{title}, undone"))
        await database.close()
    return tables


async def _beside(database: Database, work: Awaitable[None], rows: int, title: str) -> Table:
    others = Others(database)
    started = time.perf_counter()
    async with others.at_work():
        await work
    lasted = time.perf_counter() - started
    if others.seen - {0, rows}:
        raise RuntimeError(f"A part of the file was seen: {others.seen}")
    table = Table(
        "", "calls", "median", "most", "refused", title=f"{title}, {lasted:.0f} s: waits, seconds"
    )
    kinds = (("read", others.reads, ""), ("write", others.writes, str(others.refused)))
    for name, waits, refused in kinds:
        in_order = sorted(waits)
        middle = in_order[len(in_order) // 2]
        table.add_row(name, str(len(waits)), f"{middle:.3f}", f"{in_order[-1]:.3f}", refused)
    return table


def main() -> None:
    """Measures one file."""
    size = float(sys.argv[1]) if len(sys.argv) > 1 else 9.0
    Console().print(*asyncio.run(measure(int(size * MIB))))


if __name__ == "__main__":
    main()

"""Measures what the digests of rows cost: a commit with them, divided by one without.

    python -m benchmarks.row_digests [changes] [rounds]

`single` saves one instrument in a change of its own, with event and audit entry; `bulk` saves 500
in one. The database is a SQLite file that syncs every commit. Without digests the tables are
watched by nobody.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from uuid import uuid4

from rich.console import Console

from law.evidence import Sector, SubjectKind
from plumbing import migrations, row_digests
from plumbing.change import Changes
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from services.registry.announce_changes import save_bureaus, save_instruments, save_subjects
from services.registry.tables import Bureau, Instrument, Subject

CHANGES, ROUNDS, IN_BULK = 200, 5, 500
CALLER = Caller("benchmark", "benchmark", frozenset({Role.CASEWORKER}), "330106")


async def main(number: int, rounds: int) -> None:
    """Measures in turn, with and without, and prints the ratios of the medians."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite+aiosqlite:///{folder}/registry.db")
        await migrations.upgrade(database, "registry")
        changes = Changes(database, SystemClock())
        await _owner(changes)
        watched = dict(row_digests._PROVEN)  # noqa: SLF001
        for name, size in (("single", 1), ("bulk", IN_BULK)):
            times: dict[bool, list[float]] = {True: [], False: []}
            for _ in range(rounds):
                for on in (True, False):
                    row_digests._PROVEN.clear()  # noqa: SLF001
                    row_digests._PROVEN.update(watched if on else {})  # noqa: SLF001
                    times[on].append(await _time(changes, max(number // size, 2), size))
            with_, without = (statistics.median(times[on]) for on in (True, False))
            text = f"{name}: {with_ * 1e3:.2f} ms, without {without * 1e3:.2f} ms"
            Console().print(f"{text}, ratio {with_ / without:.3f}")
        await database.close()


async def _owner(changes: Changes) -> None:
    async with changes.change(CALLER) as change:
        await save_bureaus(change, [Bureau(code="330106", name="合成")])
        owner = Subject(
            subject_id="s",
            kind=SubjectKind.ORGANISATION,
            name="合成",
            bureau="330106",
            sector=Sector.FUEL_STATION,
        )
        await save_subjects(change, [owner])
        change.audit("benchmark", "subject/s")


async def _time(changes: Changes, number: int, size: int) -> float:
    """Seconds for one change."""
    began = time.perf_counter()
    for _ in range(number):
        async with changes.change(CALLER) as change:
            rows = [
                Instrument(
                    instrument_id=uuid4().hex, subject_id="s", bureau="330106", type_code="FUEL",
                    serial_no=uuid4().hex,
                )
                for _ in range(size)
            ]  # fmt: skip
            await save_instruments(change, rows)
            change.audit("benchmark", "instrument/x", after={"rows": size})
    return (time.perf_counter() - began) / number


if __name__ == "__main__":
    given = [int(one) for one in sys.argv[1:]]
    asyncio.run(main(*(given + [CHANGES, ROUNDS][len(given) :])))

"""Measures a page of the work list among many open cases, beside the least that a read can cost.

    python -m benchmarks.work_list [cases] [rounds]

The cases are in 18 districts of one city and all open. Sixteen callers ask at once for the first
page of 50, with its count: a caseworker for those of a district, a reviewer for those of the city.
`floor` is the same view of the database that reads one number. `before` is the same page after
every index of lists was dropped but those that the last release had. The rounds take turns.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from plumbing import migrations
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.view import View, open_view
from protos.objection.v1 import objection_pb2 as pb
from services.objection.queries import list_cases

CASES, ROUNDS, CALLERS = 100_000, 5, 16
PEOPLE = {
    "district": Caller("a", "某人", frozenset({Role.CASEWORKER}), "330111"),
    "city": Caller("b", "某人", frozenset({Role.MUNICIPAL_REVIEWER}), "330100"),
}
_FILL = """
WITH RECURSIVE r(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r WHERE i < ?)
INSERT INTO objection_case (case_id, kind, number, subject_id, bureau, record_ids,
  records_as_lodged, state, version, grounds, evidence, lodged_by, lodged_at, caseworker, due_on,
  extension_requested_by, extension_requested_days, extension_ground, reasons, corrections,
  decided_by, receipt_before, record_versions, receipt_after)
SELECT printf('%032x', i * 2654435761 % 4294967296), 'objection', 'n' || i, 's' || (i % 60000),
  '3301' || (10 + i % 18), '[]', '[]', 'accepted', 1, 'grounds of some length', '[]', 'p',
  '2026-09-01 00:00:00.000000', 'c' || (i % 200), date('2026-09-01', '+' || (i % 60) || ' days'),
  '', 0, '', '', '[]', '', '', '{}', '' FROM r
"""
_FORMER = (
    "CREATE INDEX former_bureau ON objection_case (bureau, due_on, case_id)",
    "CREATE INDEX former ON objection_case (due_on, case_id)",
)


async def page(view: View) -> Any:
    """Asks for the first page of the work list."""
    return await list_cases(view, pb.ListCasesRequest(page_size=50))


async def floor(view: View) -> Any:
    """Reads a number."""
    return await (await view.session.connection()).execute(sa.text("SELECT 1"))


async def times(
    database: Database, caller: Caller, ask: Callable[[View], Awaitable[Any]]
) -> list[float]:
    """The milliseconds of one question of each of the callers, asked at once."""

    async def one() -> float:
        began = time.perf_counter()
        async with open_view(database, SystemClock(), caller) as view:
            await ask(view)
        return (time.perf_counter() - began) * 1e3

    return list(await asyncio.gather(*(one() for _ in range(CALLERS))))


async def filled(file: Path, cases: int, *, before: bool) -> Database:
    """A database with so many cases; `before` with the indexes of the last release alone."""
    database = Database(f"sqlite+aiosqlite:///{file}")
    await migrations.upgrade(database, "objection")
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql(_FILL, (cases,))
        if before:
            names = await connection.exec_driver_sql(
                "SELECT name FROM sqlite_master WHERE name LIKE 'ix_objection_case%'"
            )
            for (name,) in names.all():
                await connection.exec_driver_sql(f"DROP INDEX {name}")
            for statement in _FORMER:
                await connection.exec_driver_sql(statement)
        await connection.commit()
    return database


async def run(cases: int, rounds: int) -> None:
    """Fills, measures in turns, and prints."""
    with tempfile.TemporaryDirectory() as folder:
        now = await filled(Path(folder) / "now.db", cases, before=False)
        before = await filled(Path(folder) / "before.db", cases, before=True)
        found: dict[tuple[str, str], list[float]] = {}
        for _ in range(rounds):
            for who, caller in PEOPLE.items():
                found.setdefault((who, "floor"), []).extend(await times(now, caller, floor))
                found.setdefault((who, "now"), []).extend(await times(now, caller, page))
                found.setdefault((who, "before"), []).extend(await times(before, caller, page))
        await now.close()
        await before.close()
    report(found, cases)


def report(found: dict[tuple[str, str], list[float]], cases: int) -> None:
    """Prints the middle and the worst of each, and how many floors it costs."""
    table = Table("of", "what", "p50 ms", "p99 ms", "× floor", title=f"{cases:,} open cases")
    for (who, what), taken in found.items():
        middle, worst = statistics.median(taken), sorted(taken)[int(len(taken) * 0.99)]
        ratio = middle / statistics.median(found[who, "floor"])
        table.add_row(who, what, f"{middle:.1f}", f"{worst:.1f}", f"{ratio:.1f}")
    Console(width=80).print(table)


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    asyncio.run(run(*(arguments + [CASES, ROUNDS][len(arguments) :])))

"""Measures a page of the work list among many open cases, beside the least that a read can cost.

    python -m benchmarks.work_list [cases] [rounds] [--json FILE]

The cases are in 18 districts of one city and all open. Sixteen callers ask at once for the first
page of 50, with its count: a caseworker for those of a district, a reviewer for those of the city.
`floor` is the same view of the database that reads one number. `before` is the same page after
every index of lists was dropped but those that the last release had. The rounds take turns.

`over gRPC` asks a server in another process (`benchmarks.work_list_server`) for the same page, with
token, guard, row scope and access log: each of the sixteen callers asks 50 times in a row in each
round. `bare gRPC` is a server that answers with a page of about as many bytes without reading.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import grpc
import sqlalchemy as sa
from rich.console import Console
from rich.table import Table

from benchmarks.calls_server import token_of
from benchmarks.serving import served
from plumbing import migrations
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.view import View, open_view
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1.objection_pb2_grpc import ObjectionServiceStub
from services.objection.queries import list_cases

CASES, ROUNDS, CALLERS, IN_A_ROW = 100_000, 5, 16, 50
PAGE = pb.ListCasesRequest(page_size=50)
FLOORS = {"now": "floor", "before": "floor", "over gRPC": "bare gRPC"}
Found = dict[tuple[str, str], list[float]]
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


async def over_grpc(folder: Path, file: Path, rounds: int, found: Found) -> None:
    """Has the callers ask a server in another process, and a bare one, in turns."""
    arguments = (str(folder), f"sqlite+aiosqlite:///{file}")
    with served("benchmarks.work_list_server", folder, *arguments) as started:
        address, bare = started.addresses
        async with (
            grpc.aio.insecure_channel(address) as channel,
            grpc.aio.insecure_channel(bare) as beside,
        ):
            stub, floor = ObjectionServiceStub(channel), _bare_call(beside)
            for number in range(rounds + 1):
                for who, caller in PEOPLE.items():
                    token = (("authorization", f"Bearer {token_of(folder, caller)}"),)
                    took = {
                        "bare gRPC": await asked(floor, token),
                        "over gRPC": await asked(stub.ListCases, token),
                    }
                    for what, times in took.items():
                        found.setdefault((who, what), []).extend(times if number else [])


def _bare_call(channel: grpc.aio.Channel) -> Any:
    request, answer = pb.ListCasesRequest, pb.ListCasesResponse
    return channel.unary_unary("/bare/Page", request.SerializeToString, answer.FromString)


async def asked(call: Any, metadata: Any) -> list[float]:
    """The milliseconds of each call of the callers, of whom each asks again and again."""

    async def caller() -> list[float]:
        taken = []
        for _ in range(IN_A_ROW):
            began = time.perf_counter()
            await call(PAGE, metadata=metadata)
            taken.append((time.perf_counter() - began) * 1e3)
        return taken

    of_callers = await asyncio.gather(*(caller() for _ in range(CALLERS)))
    return [*chain.from_iterable(of_callers)]


async def run(cases: int, rounds: int) -> Found:
    """Fills and measures in turns; returns the milliseconds of each call by person and way."""
    found: Found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        now = await filled(folder / "now.db", cases, before=False)
        before = await filled(folder / "before.db", cases, before=True)
        for _ in range(rounds):
            for who, caller in PEOPLE.items():
                found.setdefault((who, "floor"), []).extend(await times(now, caller, floor))
                found.setdefault((who, "now"), []).extend(await times(now, caller, page))
                found.setdefault((who, "before"), []).extend(await times(before, caller, page))
        await now.close()
        await before.close()
        await over_grpc(folder, folder / "now.db", rounds, found)
    return found


def figures(found: Found) -> dict[str, dict[str, float]]:
    """The middle and the worst of each, and how many floors it costs."""
    told = {}
    for (who, what), taken in found.items():
        middle = statistics.median(taken)
        floor = statistics.median(found[who, FLOORS.get(what, what)])
        worst = sorted(taken)[int(len(taken) * 0.99)]
        told[f"{who}, {what}"] = {"p50_ms": middle, "p99_ms": worst, "by_floor": middle / floor}
    return told


def report(told: Mapping[str, Mapping[str, float]], cases: int) -> None:
    """Prints the figures."""
    table = Table("of", "p50 ms", "p99 ms", "× floor", title=f"{cases:,} open cases")
    for name, one in told.items():
        table.add_row(name, *(f"{value:.1f}" for value in one.values()))
    Console(width=80).print(table)


def main() -> None:
    """Reads the arguments, measures, prints and writes."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.work_list")
    parser.add_argument("cases", nargs="?", type=int, default=CASES)
    parser.add_argument("rounds", nargs="?", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    told = figures(asyncio.run(run(given.cases, given.rounds)))
    report(told, given.cases)
    if given.json:
        given.json.write_text(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()

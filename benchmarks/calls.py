"""Measures what a write and a read of the register cost, beside the least that they can cost.

    python -m benchmarks.calls [--calls N] [--rounds N] [--callers N] [--postgresql URL] [--json F]

Sixteen callers in one process ask a server in another (`benchmarks.calls_server`). `enter` enters a
credit record, `insert` inserts a row of SQLModel and commits it over a bare gRPC server. `get`
reads a subject by its id, `echo` answers what it was asked. `one enter` is `enter` by one caller.
The four take turns within each round. Times are those of the callers; the processor time is all
that the server's process used, with its relay, sealer and access log. Only the ratios count.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import grpc
from rich.console import Console
from rich.table import Table

from benchmarks.calls_server import ADMINISTRATOR, BUREAU, CASEWORKER, token_of
from benchmarks.relay import start_nats
from benchmarks.serving import served
from plumbing.client import new_request_id
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1.registry_pb2_grpc import RegistryServiceStub

CALLS, ROUNDS, CALLERS, SUBJECTS = 600, 5, 16, 200
FIRST_DAY, DAYS = date(2025, 1, 1), 500
TICKS = os.sysconf("SC_CLK_TCK")
# Each beside its floor.
FLOORS = {"enter": "insert", "one enter": "insert", "get": "echo"}

WAYS = ("insert", "enter", "one enter", "echo", "get")

Call = Callable[[int], Awaitable[Any]]


@dataclass
class Found:
    """What the rounds of one way found."""

    rates: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)  # milliseconds of each call
    taken: list[float] = field(default_factory=list)  # milliseconds of all calls

    def percentile(self, part: float) -> float:
        """A percentile of the times of all calls, in milliseconds."""
        return sorted(self.taken)[int(len(self.taken) * part)]


def processor_seconds(process_id: int) -> float:
    """The processor time that a process has used."""
    numbers = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(numbers[11]) + int(numbers[12])) / TICKS


async def ask(call: Call, calls: int, callers: int, process_id: int, found: Found) -> None:
    """Makes so many calls by so many callers, and adds what they cost."""
    numbers, used = iter(range(calls)), processor_seconds(process_id)

    async def caller() -> None:
        for number in numbers:
            began = time.perf_counter()
            await call(number)
            found.taken.append((time.perf_counter() - began) * 1e3)

    began = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(callers)))
    found.rates.append(calls / (time.perf_counter() - began))
    found.processor.append((processor_seconds(process_id) - used) / calls * 1e3)


class Ways:
    """The calls that are compared, on the addresses of a server."""

    def __init__(self, folder: Path, address: str, bare: str) -> None:
        self._register, self._bare = map(grpc.aio.insecure_channel, (address, bare))
        self._stub, self._folder = RegistryServiceStub(self._register), folder
        self._metadata = (("authorization", f"Bearer {token_of(folder, CASEWORKER)}"),)
        self._subjects: list[str] = []
        self._numbers = count()
        echo, insert = pb.GetSubjectRequest, pb.EnterRecordRequest
        self._echo: Any = self._bare.unary_unary(
            "/bare/Echo", echo.SerializeToString, echo.FromString
        )
        self._insert: Any = self._bare.unary_unary(
            "/bare/Insert", insert.SerializeToString, pb.EnterRecordResponse.FromString
        )

    async def fill(self) -> None:
        """Files a bureau and subjects."""
        metadata = (("authorization", f"Bearer {token_of(self._folder, ADMINISTRATOR)}"),)
        bureau = pb.Bureau(code=BUREAU, name="bureau")
        request = pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau)
        await self._stub.PutBureau(request, metadata=metadata)
        for number in range(SUBJECTS):
            subject = pb.Subject(
                kind="organisation", name=f"合成主体{number}", bureau=BUREAU,
                sector="fuel_station", external_ref=f"合成{number}",
            )  # fmt: skip
            put = pb.PutSubjectRequest(request_id=new_request_id(), subject=subject)
            answer = await self._stub.PutSubject(put, metadata=self._metadata)
            self._subjects.append(answer.subject.subject_id)

    def all(self) -> dict[str, Call]:
        """The calls by name."""
        return {
            "insert": self._inserted, "enter": self._entered, "one enter": self._entered,
            "echo": self._echoed, "get": self._got,
        }  # fmt: skip

    async def close(self) -> None:
        """Closes the channels."""
        await self._register.close()
        await self._bare.close()

    def _record(self, number: int) -> pb.EnterRecordRequest:
        # On many days: the records of a subject that are of the same day are compared.
        day = FIRST_DAY + timedelta(days=next(self._numbers) // SUBJECTS % DAYS)
        record = pb.Record(
            subject_id=self._subjects[number % SUBJECTS], kind="penalty", severity="general",
            occurred_on=FIRST_DAY.isoformat(), determined_on=day.isoformat(), verified=True,
            source_ref=f"合成罚决字〔2026〕{uuid4().hex[:12]}号", summary="合成的处罚决定",
        )  # fmt: skip
        return pb.EnterRecordRequest(request_id=new_request_id(), record=record)

    async def _entered(self, number: int) -> None:
        await self._stub.EnterRecord(self._record(number), metadata=self._metadata)

    async def _inserted(self, number: int) -> None:
        await self._insert(self._record(number))

    async def _got(self, number: int) -> None:
        await self._stub.GetSubject(self._asked(number), metadata=self._metadata)

    async def _echoed(self, number: int) -> None:
        await self._echo(self._asked(number))

    def _asked(self, number: int) -> pb.GetSubjectRequest:
        return pb.GetSubjectRequest(subject_id=self._subjects[number % SUBJECTS])


@dataclass(frozen=True)
class Server:
    """The server in its process: its two addresses, and that of its NATS."""

    process_id: int
    address: str
    bare: str
    nats: str


@contextmanager
def server(folder: Path, url: str, profile: str) -> Iterator[Server]:
    """Runs the server on a NATS that syncs."""
    nats, nats_url = start_nats(folder)
    try:
        arguments = (str(folder), nats_url, url, profile)
        with served("benchmarks.calls_server", folder, *arguments) as started:
            address, bare = started.addresses
            yield Server(started.process_id, address, bare, nats_url)
    finally:
        nats.terminate()
        nats.wait()


async def measure(options: argparse.Namespace, folder: Path) -> dict[str, Found]:
    """Runs the rounds."""
    found = {name: Found() for name in WAYS}
    with server(folder, options.postgresql, options.profile) as asked:
        ways, process_id = Ways(folder, asked.address, asked.bare), asked.process_id
        await ways.fill()
        calls = {name: call for name, call in ways.all().items() if name in options.only}
        for call in calls.values():
            await ask(call, options.calls // 4, options.callers, process_id, Found())  # warms up
        for _ in range(options.rounds):
            for name, call in calls.items():
                callers = 1 if name.startswith("one") else options.callers
                number = options.calls // (4 if callers == 1 else 1)
                await ask(call, number, callers, process_id, found[name])
        await ways.close()
    return {name: one for name, one in found.items() if one.rates}


def figures(found: dict[str, Found]) -> dict[str, dict[str, float]]:
    """The figures of each way; ratios are medians over the rounds."""
    told = {}
    for name, one in found.items():
        floor = found.get(FLOORS.get(name, name), one)
        told[name] = {
            "rate": statistics.median(one.rates),
            "p50_ms": one.percentile(0.5),
            "p99_ms": one.percentile(0.99),
            "server_ms": statistics.median(one.processor),
            "rate_by_floor": _median_ratio(one.rates, floor.rates),
            "server_by_floor": _median_ratio(one.processor, floor.processor),
        }
    return told


def _median_ratio(ours: list[float], floors: list[float]) -> float:
    return statistics.median(a / b for a, b in zip(ours, floors, strict=True))


def show(told: dict[str, dict[str, float]], title: str) -> None:
    """Prints the figures."""
    table = Table(
        "what", "calls/s", "p50 ms", "p99 ms", "server ms", "× floor's rate", "× floor's ms",
        title=title,
    )  # fmt: skip
    for name, one in told.items():
        values = (one["rate"], one["p50_ms"], one["p99_ms"], one["server_ms"])
        ratios = (one["rate_by_floor"], one["server_by_floor"])
        table.add_row(name, *(f"{value:.1f}" for value in values), *(f"{r:.2f}" for r in ratios))
    Console(width=100).print(table)


def options_of(arguments: list[str]) -> argparse.Namespace:
    """Reads the options."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.calls")
    for name, usual in (("calls", CALLS), ("rounds", ROUNDS), ("callers", CALLERS)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--postgresql", default="", help="URL of an empty database")
    parser.add_argument("--profile", default="", help="a file for the profile of the server")
    parser.add_argument("--json", default="", help="a file for the figures")
    parser.add_argument(
        "--only", nargs="*", default=["insert", "enter", "one enter", "echo", "get"]
    )
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> None:
    """Measures, prints and writes."""
    options = options_of(arguments)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(measure(options, Path(folder)))
    told = figures(found)
    engine = "PostgreSQL" if options.postgresql else "SQLite"
    show(told, f"{engine}, {options.callers} callers, {options.rounds} rounds")
    if options.json:
        Path(options.json).write_text(json.dumps(told, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

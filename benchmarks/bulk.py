"""Measures how fast instruments are stored: streamed in bulk, and by one call for each.

    python -m benchmarks.bulk [items] [rounds]

The real server is used, with guard, validation, audit and outbox, on a SQLite file that syncs
every commit. `unary` stores each instrument by a call of its own, 16 at a time. `accepted` streams
the same number in chunks, each committed before the next is read. `applied` also counts the
completion, after which they are in the register. `singly` streams chunks of one item, so that each
item costs a message and a commit, as with `unary`.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import grpc
import structlog
from rich.console import Console
from rich.table import Table

from plumbing import migrations
from plumbing.addresses import Endpoint
from plumbing.change import Changes
from plumbing.client import new_request_id, open_channel
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from plumbing.rpc import serve
from plumbing.settings import Settings
from plumbing.tokens import Signer, Verifier, make_keys, public_key
from protos.registry.v1 import bulk_pb2 as bulk
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1.bulk_pb2_grpc import BulkServiceStub
from protos.registry.v1.registry_pb2_grpc import RegistryServiceStub
from services.cli.commands.bulk import text_of
from services.registry.imports import policy as imports_policy
from services.registry.imports.impact.grade_drops import GradingService
from services.registry.imports.servicer import BulkServicer
from services.registry.policy import POLICY, REGISTRY
from services.registry.servicer import RegistryServicer
from tests.logins import none_ended

ITEMS, ROUNDS, IN_CHUNK, AT_ONCE = 5000, 3, 500, 16
BUREAU, ADDRESS = "330106", "127.0.0.1:7399"
ADMINISTRATOR = Caller("owner", "owner", frozenset({Role.ADMINISTRATOR}), "000000")
INTEGRATOR = Caller("benchmark", "benchmark", frozenset({Role.INTEGRATOR}), BUREAU)


@dataclass(frozen=True)
class Stubs:
    """The stubs of a client, and the subject that owns everything."""

    registry: RegistryServiceStub
    bulk: BulkServiceStub
    owner: pb.Subject


@asynccontextmanager
async def running_register() -> AsyncIterator[Stubs]:
    """Serves a register on a new database."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder))
        database, clock = Database(settings.database_url("registry")), SystemClock()
        await migrations.upgrade(database, "registry")
        changes, keys = Changes(database, clock), Path(folder) / "keys"
        signer = Signer(make_keys(keys, ()), clock, timedelta(hours=1))
        # Grading is never asked: no grade changes.
        no_grading = grpc.aio.insecure_channel(settings.grading_address)
        importing = BulkServicer(changes, GradingService(no_grading), settings)
        services = {
            REGISTRY: RegistryServicer(changes).register,
            imports_policy.BULK: importing.register,
        }
        verifier = Verifier(public_key(keys), clock)
        server, _ = await serve(
            ADDRESS,
            services,
            verifier,
            [POLICY, imports_policy.POLICY],
            none_ended(),
            credentials=None,
        )
        async with (
            _channel_of(ADMINISTRATOR, signer) as administrator,
            _channel_of(INTEGRATOR, signer) as integrator,
        ):
            await _found_bureau(RegistryServiceStub(administrator))
            registry = RegistryServiceStub(integrator)
            yield Stubs(registry, BulkServiceStub(integrator), await _owner(registry))
        await no_grading.close()
        await server.stop(None)
        await database.close()


@asynccontextmanager
async def _channel_of(caller: Caller, signer: Signer) -> AsyncIterator[grpc.aio.Channel]:
    token, _ = signer.issue(caller)

    async def source() -> str:
        return token

    channel = open_channel(Endpoint(ADDRESS), source, timeout=600)
    yield channel
    await channel.close()


async def _found_bureau(registry: RegistryServiceStub) -> None:
    bureau = pb.Bureau(code=BUREAU, name="bureau")
    await registry.PutBureau(pb.PutBureauRequest(request_id=new_request_id(), bureau=bureau))


async def _owner(registry: RegistryServiceStub) -> pb.Subject:
    subject = pb.Subject(
        kind="organisation", name="waterworks", bureau=BUREAU, sector="utility", external_ref="W"
    )
    request = pb.PutSubjectRequest(request_id=new_request_id(), subject=subject)
    return (await registry.PutSubject(request)).subject


async def once(items: int) -> dict[str, float]:
    """Measures each way on a new database; returns instruments per second."""
    async with running_register() as stubs:
        unary = await _timed(items, _unary(stubs, items))
        batch = Batch(stubs, items, IN_CHUNK)
        started = time.perf_counter()
        await batch.send()
        accepted = items / (time.perf_counter() - started)
        await batch.complete()
        applied = items / (time.perf_counter() - started)
        singly = await _timed(items, Batch(stubs, items, 1).send())
    return {"unary": unary, "accepted": accepted, "applied": applied, "singly": singly}


async def _timed(items: int, work: object) -> float:
    started = time.perf_counter()
    await work  # type: ignore[misc]
    return items / (time.perf_counter() - started)


async def _unary(stubs: Stubs, items: int) -> None:
    numbers = iter(range(items))

    async def call() -> None:
        for number in numbers:
            instrument = pb.Instrument(
                subject_id=stubs.owner.subject_id, type_code="WATER-S25", serial_no=f"U{number:07d}"
            )
            await stubs.registry.PutInstrument(
                pb.PutInstrumentRequest(request_id=new_request_id(), instrument=instrument)
            )

    await asyncio.gather(*(call() for _ in range(AT_ONCE)))


class Batch:
    """A batch of meters in chunks."""

    def __init__(self, stubs: Stubs, items: int, size: int) -> None:
        self._stubs, self._items, self._size = stubs, items, size
        self._batch_id, self._mark = str(uuid4()), uuid4().hex[:6]

    async def send(self) -> None:
        """Opens the batch and streams every chunk."""
        request = bulk.OpenBulkBatchRequest(
            request_id=new_request_id(),
            batch_id=self._batch_id,
            family="instruments",
            name="benchmark",
            bureau=BUREAU,
            mode="all_or_nothing",
        )
        await self._stubs.bulk.OpenBulkBatch(request)
        await self._stubs.bulk.SendBulkChunks(self._stream())

    async def complete(self) -> None:
        """Completes the batch, which applies it."""
        request = bulk.CompleteBulkBatchRequest(
            request_id=new_request_id(),
            batch_id=self._batch_id,
            items=self._items,
            digest=_sha256("".join(_sha256("\x1e".join(map(text_of, c))) for c in self._chunks())),
        )
        answer = await self._stubs.bulk.CompleteBulkBatch(request)
        if answer.batch.state != "applied":
            raise RuntimeError(f"Not applied: {answer.batch}")

    async def _stream(self) -> AsyncIterator[bulk.SendBulkChunksRequest]:
        for sequence, chunk in enumerate(self._chunks(), 1):
            yield bulk.SendBulkChunksRequest(
                batch_id=self._batch_id, sequence=sequence, instruments=chunk
            )

    def _chunks(self) -> Iterator[list[bulk.InstrumentItem]]:
        for start in range(0, self._items, self._size):
            yield [
                bulk.InstrumentItem(
                    owner="W", type_code="WATER-S25", serial_no=f"{self._mark}{n:07d}"
                )
                for n in range(start, min(start + self._size, self._items))
            ]


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    """Measures every way once in each round."""
    arguments = [int(argument) for argument in sys.argv[1:]]
    items, rounds = (arguments + [ITEMS, ROUNDS][len(arguments) :])[:2]
    figures: dict[str, list[float]] = {}
    # The log line of every call is made as always, and not written.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for _ in range(rounds):
        for name, figure in asyncio.run(once(items)).items():
            figures.setdefault(name, []).append(figure)
    table = Table("", "least", "median", "most", "× unary", title=f"items per second: {items:,}")
    for name, values in figures.items():
        ratios = [figure / unary for figure, unary in zip(values, figures["unary"], strict=True)]
        spread = (min(values), statistics.median(values), max(values))
        shown = [f"{value:,.0f}" for value in spread]
        table.add_row(name, *shown, f"{statistics.median(ratios):.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()

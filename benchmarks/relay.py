"""Measures how fast the relay publishes, against the fastest way and the simplest way.

    python -m benchmarks.relay [--rounds N] [--json FILE] [--postgresql URL URL]

`bare` sends the same messages with JetStream's asynchronous publish alone. `relay` publishes events
of 5,000 aggregates, `relay, few` those of 50. `naive` publishes one event and marks it before the
next. `backlog` is how fast a consumer works off 10,000 events, each with an effect that one
statement has. `effect` is what passes between the commit of a change and that of its effect in
another database, at 100 changes a second. The NATS server and the SQLite files sync every write.
The URLs are those of two databases whose content may be lost: of the changes, and of the effects.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import sqlalchemy as sa
import structlog
from joserfc.jwk import OKPKey
from nats.js import JetStreamContext
from nats.js.api import Header
from rich.console import Console
from rich.table import Table
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from benchmarks.ports import free_port
from plumbing.clock import SystemClock
from plumbing.database import Database, PlumbingTable
from plumbing.events.connect import connect
from plumbing.events.consumer import Consumer
from plumbing.events.credentials import Credentials
from plumbing.events.envelope import Attributes, Received
from plumbing.events.inbox import EventHandler, InboxFailure, InboxPosition
from plumbing.events.outbox import Outbox, record
from plumbing.events.relay import Relay
from plumbing.events.signing import EventSigner, Signatures
from plumbing.events.subjects import Stream, ensure_streams, subject_of
from plumbing.telemetry import start_logging
from protos.registry.v1.events_pb2 import BureausChanged

AT = datetime(2026, 9, 14, tzinfo=UTC)
EVENTS = 20_000
NAIVE_EVENTS = 1_500
CONSUMED_EVENTS = 10_000
MANY_AGGREGATES, FEW_AGGREGATES = 5_000, 50
EFFECTS, EFFECTS_A_SECOND = 1_000, 100
BODY_BYTES = 400
POSTGRESQL: list[str] = []  # URLs of two databases; without them, files of SQLite are used

KEY = OKPKey.generate_key("Ed25519")
SIGNER = EventSigner({"registry": KEY})
SIGNATURES = Signatures(lambda _service: [KEY])
T = TypeVar("T")
Way = Callable[[Database, JetStreamContext], Awaitable[float]]
CHANGES, EFFECTS_OF_THEM = 0, 1  # which of two databases


async def bare(database: Database, js: JetStreamContext) -> float:
    """Publishes asynchronously with JetStream alone."""
    rows = await _filled(database, EVENTS)
    started = time.perf_counter()
    acks = [await js.publish_async(r.subject, r.payload, headers=_headers(r)) for r in rows]
    await asyncio.gather(*acks)
    return EVENTS / (time.perf_counter() - started)


async def relay(database: Database, js: JetStreamContext) -> float:
    """Runs the relay: it reads, publishes in order, and marks."""
    return await _relayed(database, js, MANY_AGGREGATES)


async def relay_few(database: Database, js: JetStreamContext) -> float:
    """Runs the relay for events of few aggregates."""
    return await _relayed(database, js, FEW_AGGREGATES)


async def _relayed(database: Database, js: JetStreamContext, aggregates: int) -> float:
    await _filled(database, EVENTS, aggregates)
    started = time.perf_counter()
    drained = await Relay(database, js, SIGNER, SystemClock()).drain()
    if drained.published != EVENTS:
        raise RuntimeError(f"Not all published: {drained}")
    return EVENTS / (time.perf_counter() - started)


async def naive(database: Database, js: JetStreamContext) -> float:
    """Publishes and marks one event after the other."""
    rows = await _filled(database, NAIVE_EVENTS)
    started = time.perf_counter()
    for row in rows:
        await js.publish(row.subject, row.payload, headers=_headers(row))
        async with database.transaction() as session:
            marked = sa.update(Outbox).where(col(Outbox.seq) == row.seq)
            await session.exec(marked.values(published_at=AT))
    return NAIVE_EVENTS / (time.perf_counter() - started)


async def backlog(database: Database, js: JetStreamContext) -> float:
    """Runs a consumer with its inbox on what waits for it."""
    await _filled(database, CONSUMED_EVENTS)
    await Relay(database, js, SIGNER, SystemClock()).drain()
    started = time.perf_counter()
    task = asyncio.create_task(_consumer(database, js).run())
    while await _consumed(database) < CONSUMED_EVENTS:  # noqa: ASYNC110  counted in the database
        await asyncio.sleep(0.05)
    await _end(task)
    return CONSUMED_EVENTS / (time.perf_counter() - started)


def _consumer(database: Database, js: JetStreamContext) -> Consumer:
    handlers = [EventHandler(BureausChanged, apply=_have_effect)]
    return Consumer("bench", Stream.REGISTRY, database, js, SIGNATURES, SystemClock(), handlers)


async def _have_effect(session: AsyncSession, received: Received[BureausChanged]) -> None:
    failure = {"consumer": "effect", "event_id": received.id, "attempts": 0, "last_error": ""}
    connection = await session.connection()
    await connection.execute(sa.insert(InboxFailure).values(at=AT, **failure))


async def effect(database: Database, js: JetStreamContext) -> list[float]:
    """Commits changes at a steady pace; returns the milliseconds until each has its effect."""
    committed: dict[UUID, float] = {}
    taken: dict[UUID, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        other = await opened(_url(Path(folder), EFFECTS_OF_THEM))
        seen = _noting_effects(other, taken)
        relay = Relay(database, js, SIGNER, SystemClock())
        work = [asyncio.create_task(run()) for run in (relay.run, _consumer(seen, js).run)]
        for number in range(EFFECTS):
            pause = asyncio.create_task(asyncio.sleep(1 / EFFECTS_A_SECOND))
            async with database.transaction() as session:
                aggregate = f"subject/{number % FEW_AGGREGATES}"
                event_id = await record(
                    session, BureausChanged(), aggregate=aggregate, bureau="330106", at=AT,
                    on_behalf_of="benchmark",
                )  # fmt: skip
            committed[event_id] = time.perf_counter()
            await pause
        while len(taken) < EFFECTS:  # noqa: ASYNC110  another task counts
            await asyncio.sleep(0.05)
        for task in work:
            await _end(task)
        await other.close()
    return [(taken[event_id] - at) * 1e3 for event_id, at in committed.items()]


def _noting_effects(database: Database, taken: dict[UUID, float]) -> Database:
    """Notes when the effect of each event is committed."""
    now: list[UUID] = []

    def inserted(_connection: Any, _cursor: Any, text: str, given: Any, *_more: Any) -> None:
        if text.startswith("INSERT INTO inbox_failure"):
            now.append(UUID(next(str(one) for one in given if len(str(one)) in (32, 36))))

    def returned(*_arguments: Any) -> None:
        taken.update(dict.fromkeys(now, time.perf_counter()))
        now.clear()

    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", inserted)
    sa.event.listen(database.engine.sync_engine, "checkin", returned)
    return database


async def _end(task: asyncio.Task[None]) -> None:
    # A cancellation can get lost in asyncio.wait_for of Python 3.11.
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1)


async def _consumed(database: Database) -> int:
    async with database.snapshot() as session:
        total = select(sa.func.coalesce(sa.func.sum(InboxPosition.last_seq), 0))
        return int((await session.exec(total)).one())


async def _filled(
    database: Database, count: int, aggregates: int = MANY_AGGREGATES
) -> list[Outbox]:
    """Fills an outbox with `count` events of so many aggregates."""
    event = BureausChanged()
    event.change.ground = "x" * BODY_BYTES
    payload = event.SerializeToString()
    rows = [_row(number, payload, aggregates) for number in range(count)]
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(sa.insert(Outbox), rows)
    async with database.snapshot() as session:
        return list(await session.exec(select(Outbox).order_by(col(Outbox.seq))))


def _row(number: int, payload: bytes, aggregates: int) -> dict[str, object]:
    attributes = Attributes(
        id=uuid4(),
        type=BureausChanged.DESCRIPTOR.full_name,
        aggregate=f"subjects/{number % aggregates}",
        sequence=number // aggregates + 1,
        bureau="330106",
        time=AT,
        on_behalf_of="benchmark",
    )
    return {
        "event_id": attributes.id,
        "aggregate": attributes.aggregate,
        "aggregate_seq": attributes.sequence,
        "subject": subject_of(BureausChanged, attributes.bureau),
        "headers": attributes.headers(),
        "payload": payload,
        "created_at": attributes.time,
    }


def _headers(row: Outbox) -> dict[str, str]:
    return {**row.headers, Header.MSG_ID: str(row.event_id)}


def _url(folder: Path, which: int) -> str:
    return POSTGRESQL[which] if POSTGRESQL else f"sqlite+aiosqlite:///{folder}/outbox.db"


async def opened(url: str) -> Database:
    """Returns a database, emptied."""
    database = Database(url)
    async with database.engine.begin() as connection:
        await connection.run_sync(PlumbingTable.metadata.drop_all)
        await connection.run_sync(PlumbingTable.metadata.create_all)
    return database


async def once(way: Callable[[Database, JetStreamContext], Awaitable[T]], url: str) -> T:
    """Measures once on an empty database and empty streams."""
    client = await connect(url, Credentials("benchmark", KEY))
    js = client.jetstream()
    await ensure_streams(js, "registry")
    await js.delete_stream(Stream.REGISTRY)
    await ensure_streams(js, "registry")
    with tempfile.TemporaryDirectory() as fresh:
        database = await opened(_url(Path(fresh), CHANGES))
        figure = await way(database, js)
        await database.close()
    await client.close()
    return figure


def start_nats(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Starts a NATS server that syncs every write; returns it and its URL."""
    address = f"127.0.0.1:{free_port()}"
    configuration = folder / "nats.conf"
    store = f'store_dir: "{folder / "store"}"'
    configuration.write_text(
        f'listen: "{address}"\njetstream {{ {store}, sync_interval: always }}\n'
    )
    program = Path(sys.executable).with_name("nats-server")
    server = subprocess.Popen(
        [program, "-c", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return server, f"nats://{address}"


def figures(rates: dict[str, list[float]], delays: list[float]) -> dict[str, Any]:
    """The medians, and those of the ratios of each round."""
    told: dict[str, Any] = {name: statistics.median(values) for name, values in rates.items()}
    for name, floor in (("relay", "bare"), ("relay, few", "bare"), ("relay", "naive")):
        pairs = zip(rates[name], rates[floor], strict=True)
        told[f"{name} / {floor}"] = statistics.median(ours / theirs for ours, theirs in pairs)
    delays = sorted(delays)
    told["effect p50 ms"] = statistics.median(delays)
    told["effect p99 ms"] = delays[int(len(delays) * 0.99)]
    return told


def show(told: dict[str, Any]) -> None:
    """Prints the figures."""
    table = Table("what", "median", title="events per second, ratios, milliseconds")
    for name, value in told.items():
        table.add_row(name, f"{value:,.2f}")
    Console().print(table)


def main(arguments: list[str]) -> None:
    """Measures everything once in each round."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.relay")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", default="")
    parser.add_argument("--postgresql", nargs=2, default=[], metavar="URL")
    options = parser.parse_args(arguments)
    POSTGRESQL[:] = options.postgresql
    rates: dict[str, list[float]] = {}
    delays: list[float] = []
    start_logging("benchmark", "INFO")
    with tempfile.TemporaryDirectory() as name, Path(os.devnull).open("w") as nowhere:
        structlog.configure(logger_factory=structlog.WriteLoggerFactory(nowhere))
        server, url = start_nats(Path(name))
        try:
            for _ in range(options.rounds):
                for title, way in WAYS.items():
                    rates.setdefault(title, []).append(asyncio.run(once(way, url)))
                delays += asyncio.run(once(effect, url))
        finally:
            server.terminate()
            server.wait()
    told = figures(rates, delays)
    show(told)
    if options.json:
        Path(options.json).write_text(json.dumps(told, indent=2) + "\n")


WAYS: dict[str, Way] = {
    "bare": bare, "relay": relay, "relay, few": relay_few, "naive": naive, "backlog": backlog
}  # fmt: skip

if __name__ == "__main__":
    main(sys.argv[1:])

"""Measures how fast the relay publishes, against the fastest way and the simplest way.

    python -m benchmarks.relay [rounds]

`bare` sends the same messages with JetStream's asynchronous publish alone. `naive` publishes one
event and marks it before the next. `consumer` handles the relay's events through an inbox.
The NATS server and the SQLite file sync every write.
"""

from __future__ import annotations

import asyncio
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import sqlalchemy as sa
from joserfc.jwk import OKPKey
from nats.js import JetStreamContext
from nats.js.api import Header
from rich.console import Console
from rich.table import Table
from sqlmodel import col, select

from plumbing.clock import SystemClock
from plumbing.database import Database, PlumbingTable
from plumbing.events.connect import connect
from plumbing.events.consumer import Consumer
from plumbing.events.credentials import Credentials
from plumbing.events.envelope import Attributes
from plumbing.events.inbox import EventHandler, InboxPosition
from plumbing.events.outbox import Outbox
from plumbing.events.relay import Relay
from plumbing.events.signing import EventSigner, Signatures
from plumbing.events.subjects import Stream, ensure_streams, subject_of
from protos.registry.v1.events_pb2 import BureausChanged

AT = datetime(2026, 9, 14, tzinfo=UTC)
EVENTS = 20_000
NAIVE_EVENTS = 1_500
CONSUMED_EVENTS = 3_000
AGGREGATES = 5_000
BODY_BYTES = 400

KEY = OKPKey.generate_key("Ed25519")
SIGNER = EventSigner({"registry": KEY})
SIGNATURES = Signatures(lambda _service: [KEY])
Way = Callable[[Database, JetStreamContext], Awaitable[float]]


async def bare(database: Database, js: JetStreamContext) -> float:
    """Publishes asynchronously with JetStream alone."""
    rows = await _filled(database, EVENTS)
    started = time.perf_counter()
    acks = [await js.publish_async(r.subject, r.payload, headers=_headers(r)) for r in rows]
    await asyncio.gather(*acks)
    return EVENTS / (time.perf_counter() - started)


async def relay(database: Database, js: JetStreamContext) -> float:
    """Runs the relay: it reads, publishes in order, and marks."""
    await _filled(database, EVENTS)
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


async def consumer(database: Database, js: JetStreamContext) -> float:
    """Runs a consumer with its inbox, one transaction for each event."""
    await _filled(database, CONSUMED_EVENTS)
    await Relay(database, js, SIGNER, SystemClock()).drain()
    handlers = [EventHandler(BureausChanged)]
    running_consumer = Consumer(
        "bench", Stream.REGISTRY, database, js, SIGNATURES, SystemClock(), handlers
    )
    started = time.perf_counter()
    task = asyncio.create_task(running_consumer.run())
    while await _consumed(database) < CONSUMED_EVENTS:  # noqa: ASYNC110  counted in the database
        await asyncio.sleep(0.05)
    task.cancel()
    return CONSUMED_EVENTS / (time.perf_counter() - started)


async def _consumed(database: Database) -> int:
    async with database.snapshot() as session:
        total = select(sa.func.coalesce(sa.func.sum(InboxPosition.last_seq), 0))
        return int((await session.exec(total)).one())


async def _filled(database: Database, count: int) -> list[Outbox]:
    """Fills an outbox with `count` events of AGGREGATES aggregates."""
    event = BureausChanged()
    event.change.ground = "x" * BODY_BYTES
    payload = event.SerializeToString()
    rows = [_row(number, payload) for number in range(count)]
    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(sa.insert(Outbox), rows)
    async with database.snapshot() as session:
        return list(await session.exec(select(Outbox).order_by(col(Outbox.seq))))


def _row(number: int, payload: bytes) -> dict[str, object]:
    attributes = Attributes(
        id=uuid4(),
        type=BureausChanged.DESCRIPTOR.full_name,
        aggregate=f"subjects/{number % AGGREGATES}",
        sequence=number // AGGREGATES + 1,
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


async def once(way: Way, nats_url: str, folder: Path) -> float:
    """Measures once on an empty database and empty streams; returns events per second."""
    client = await connect(nats_url, Credentials("benchmark", KEY))
    js = client.jetstream()
    await ensure_streams(js, "registry")
    await js.delete_stream(Stream.REGISTRY)
    await ensure_streams(js, "registry")
    with tempfile.TemporaryDirectory(dir=folder) as fresh:
        database = Database(f"sqlite+aiosqlite:///{fresh}/outbox.db")
        async with database.engine.begin() as connection:
            await connection.run_sync(PlumbingTable.metadata.create_all)
        figure = await way(database, js)
        await database.close()
    await client.close()
    return figure


def start_nats(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """Starts a NATS server that syncs every write; returns it and its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
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


def show(figures: dict[str, list[float]]) -> None:
    """Prints the figures, and the ratios of each round."""
    table = Table("", "least", "median", "most", title="events per second")
    for name, values in figures.items():
        spread = (min(values), statistics.median(values), max(values))
        table.add_row(name, *(f"{value:,.0f}" for value in spread))
    console = Console()
    console.print(table)
    for other in ("bare", "naive"):
        ratios = [a / b for a, b in zip(figures["relay"], figures[other], strict=True)]
        console.print(f"relay / {other}: median {statistics.median(ratios):.2f}", ratios)


def main() -> None:
    """Measures everything once in each round."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        server, url = start_nats(Path(name))
        try:
            for _ in range(rounds):
                for way in (bare, relay, naive, consumer):
                    figure = asyncio.run(once(way, url, Path(name)))
                    figures.setdefault(way.__name__, []).append(figure)
        finally:
            server.terminate()
            server.wait()
    show(figures)


if __name__ == "__main__":
    main()

"""The relay against a stream of which three servers have a copy each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from nats.js import JetStreamContext
from sqlmodel import col

from plumbing import certificates
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.connect import connect
from plumbing.events.encrypted import tls_of
from plumbing.events.outbox import Outbox
from plumbing.events.relay import Relay
from plumbing.events.subjects import ensure_streams
from plumbing.settings import Settings
from tests.cluster.engines import SERVERS, NatsCluster
from tests.integration.events.support import announced
from tests.integration.events.test_relay import published
from tests.service_keys import SIGNER, TESTER, authorization

CLOCK = SystemClock()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[NatsCluster]:
    keys = tmp_path / "keys"
    certificates.provide(keys, CLOCK, ["nats", "client"])
    (keys / "authorization.conf").write_text(authorization())
    servers = NatsCluster(tmp_path, keys)
    try:
        servers.start()
        yield servers
    finally:
        servers.stop()


@pytest.fixture
async def replicated(servers: NatsCluster, tmp_path: Path) -> AsyncIterator[JetStreamContext]:
    settings = Settings(nats_url=servers.servers[0].url, nats_tls_dir=str(tmp_path / "keys"))
    client = await connect(settings.nats_url, TESTER, tls_of(settings))
    js = client.jetstream()
    await ensure_streams(js, "registry", SERVERS)
    yield js
    await client.close()


async def test_what_the_stream_refuses_stops_none_of_its_copies(
    database: Database, replicated: JetStreamContext, servers: NatsCluster
) -> None:
    relay = Relay(database, replicated, SIGNER, CLOCK)
    await announced(database, "a", "b")
    await relay.drain()
    async with database.transaction() as session:  # as after a crash before the mark
        again = sa.update(Outbox).where(col(Outbox.aggregate) == "a")
        await session.exec(again.values(published_at=None))
    await announced(database, "c", "c")

    assert (await relay.drain()).published == 3
    assert await published(replicated) == [("a", 1), ("b", 1), ("c", 1), ("c", 2)]
    await asyncio.to_thread(servers.wait_until_whole)
    await announced(database, "d")
    assert (await relay.drain()).published == 1

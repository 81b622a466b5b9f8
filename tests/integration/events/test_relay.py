"""The relay against a real NATS server."""

from __future__ import annotations

import asyncio
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa
from nats.js import JetStreamContext
from sqlmodel import col, select

from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.events.inspection import outbox_pending
from plumbing.events.outbox import MAX_BODY_BYTES, Outbox
from plumbing.events.relay import Relay
from plumbing.events.subjects import Stream
from tests.integration.conftest import NatsServer
from tests.integration.events.support import announce, announced, eventually, running
from tests.patience import PATIENCE_SECONDS
from tests.service_keys import SIGNER

CLOCK = SystemClock()


async def published(js: JetStreamContext) -> list[tuple[str, int]]:
    """Aggregate and sequence of everything in the stream, in its order."""
    state = (await js.stream_info(Stream.REGISTRY)).state
    events = []
    for seq in range(1, state.last_seq + 1):
        headers = (await js.get_msg(Stream.REGISTRY, seq)).headers or {}
        events.append((headers["ce-subject"], int(headers["ce-sequence"])))
    return events


async def nothing_pending(database: Database) -> bool:
    return (await outbox_pending(database)).count == 0


async def test_events_arrive_in_order_within_each_aggregate(
    database: Database, jetstream: JetStreamContext
) -> None:
    names = [f"subjects/{n % 7}" for n in range(700)]  # more than one page
    await announced(database, *names)

    drained = await Relay(database, jetstream, SIGNER, CLOCK).drain()

    assert drained.published == 700
    assert await nothing_pending(database)
    arrived = await published(jetstream)
    for aggregate in set(names):
        assert [seq for name, seq in arrived if name == aggregate] == list(range(1, 101))


async def test_what_is_published_twice_is_in_the_stream_once(
    database: Database, jetstream: JetStreamContext
) -> None:
    await announced(database, "a", "a", "b")
    relay = Relay(database, jetstream, SIGNER, CLOCK)
    await relay.drain()
    async with database.transaction() as session:
        await session.exec(sa.update(Outbox).values(published_at=None))

    assert (await relay.drain()).published == 3

    assert sorted(await published(jetstream)) == [("a", 1), ("a", 2), ("b", 1)]


async def test_an_event_refused_by_nats_holds_only_its_own_aggregate(
    database: Database, jetstream: JetStreamContext
) -> None:
    await announced(database, "bad", "good", "bad", "good")
    async with database.transaction() as session:
        too_large = {"payload": b"x" * (MAX_BODY_BYTES + 200_000)}
        first = (col(Outbox.aggregate) == "bad", col(Outbox.aggregate_seq) == 1)
        await session.exec(sa.update(Outbox).where(*first).values(too_large))

    drained = await Relay(database, jetstream, SIGNER, CLOCK).drain()

    assert drained.held == {"bad"}
    assert not drained.stalled
    assert await published(jetstream) == [("good", 1), ("good", 2)]
    async with database.snapshot() as session:
        pending = select(Outbox.aggregate_seq).where(col(Outbox.published_at).is_(None))
        assert list(await session.exec(pending)) == [1, 2]


async def test_events_refused_again_and_again_leave_room_for_others(
    database: Database, jetstream: JetStreamContext
) -> None:
    """The client keeps a place for each that it refused, and waits without limit for a free one."""
    await announced(database, "bad")
    async with database.transaction() as session:
        await session.exec(sa.update(Outbox).values(payload=b"x" * (MAX_BODY_BYTES + 200_000)))
    few = jetstream._nc.jetstream(publish_async_max_pending=2)
    relay = Relay(database, few, SIGNER, CLOCK)
    async with asyncio.timeout(PATIENCE_SECONDS):
        for _ in range(3):
            assert (await relay.drain()).held == {"bad"}
        await announced(database, "good")
        assert (await relay.drain()).published == 1
    assert await published(jetstream) == [("good", 1)]


async def test_nothing_passes_an_event_that_was_lost(
    database: Database, jetstream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    await announced(database, "a", "b", "b", "c")
    send, numbers = jetstream.publish_async, count(1)

    async def losing_the_second(*arguments: Any, **options: Any) -> Any:
        if next(numbers) == 2:
            return asyncio.get_running_loop().create_future()  # nobody ever answers
        return await send(*arguments, **options)

    with monkeypatch.context() as losing:
        losing.setattr(jetstream, "publish_async", losing_the_second)
        drained = await Relay(database, jetstream, SIGNER, CLOCK).drain()
    assert drained.stalled
    assert await published(jetstream) == [("a", 1)]

    await Relay(database, jetstream, SIGNER, CLOCK).drain()
    assert await published(jetstream) == [("a", 1), ("b", 1), ("b", 2), ("c", 1)]


async def test_a_commit_wakes_the_relay_at_once(
    database: Database, jetstream: JetStreamContext
) -> None:
    relay = Relay(database, jetstream, SIGNER, CLOCK, poll_seconds=3600)
    async with running(relay.run()):
        for _ in range(3):
            await announced(database, "a")
            await eventually(lambda: nothing_pending(database))


async def test_a_rollback_announces_nothing(
    database: Database, jetstream: JetStreamContext
) -> None:
    async def change_that_fails() -> None:
        async with database.transaction() as session:
            await announce(session, "a")
            raise LookupError

    with pytest.raises(LookupError):
        await change_that_fails()

    assert (await Relay(database, jetstream, SIGNER, CLOCK).drain()).published == 0
    await announced(database, "a")
    await Relay(database, jetstream, SIGNER, CLOCK).drain()
    assert await published(jetstream) == [("a", 1)]


async def test_nothing_is_lost_while_nats_is_away(
    database: Database, jetstream: JetStreamContext, nats_server: NatsServer
) -> None:
    relay = Relay(database, jetstream, SIGNER, CLOCK, poll_seconds=0.1)
    async with running(relay.run()):
        await announced(database, *["a", "b"] * 50)
        nats_server.kill()
        await announced(database, *["a", "b"] * 50)
        drained = await Relay(database, jetstream, SIGNER, CLOCK).drain()
        assert drained.stalled
        nats_server.start()
        await eventually(lambda: nothing_pending(database))

    arrived = await published(jetstream)
    assert [seq for name, seq in arrived if name == "a"] == list(range(1, 101))
    assert [seq for name, seq in arrived if name == "b"] == list(range(1, 101))


async def test_writers_of_one_aggregate_get_a_sequence_without_gaps(
    database: Database, jetstream: JetStreamContext
) -> None:
    await asyncio.gather(*(announced(database, "a", "a") for _ in range(20)))

    async with database.snapshot() as session:
        events = await session.exec(select(Outbox.aggregate_seq).order_by(col(Outbox.seq)))
        assert list(events) == list(range(1, 41))

"""No event is lost when the store of NATS is lost or set back."""

from __future__ import annotations

import asyncio
import shutil
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import timedelta
from pathlib import Path

import nats.errors
import pytest
import sqlalchemy as sa
from joserfc.jwk import OKPKey
from nats.js import JetStreamContext
from nats.js.api import Header, StreamState
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import WrongState
from plumbing.clock import Clock, FixedClock, SystemClock
from plumbing.database import Database
from plumbing.events import refilling, stream_keeping
from plumbing.events.consumer import MANY, Consumer
from plumbing.events.envelope import Attributes, Delivery, Received
from plumbing.events.inbox import EventHandler, InboxEvent, InboxPosition, Place
from plumbing.events.inspection import dead_letter_counts, outbox_pending, unsigned_counts
from plumbing.events.outbox import AggregateSequence, Outbox
from plumbing.events.refilling import LOOKED_AT_ONCE, empty_and_refill, prepare, refill
from plumbing.events.relay import Relay
from plumbing.events.signing import SIGNATURE_HEADER, EventSigner
from plumbing.events.stream_keeping import StreamKeeper
from plumbing.events.subjects import Stream, ensure_streams
from protos.registry.v1.events_pb2 import BureausChanged
from tests.integration.conftest import NatsServer, NewDatabase
from tests.integration.events.support import (
    EFFECTS,
    HAVE_EFFECT,
    announced,
    effects,
    eventually,
    prepare_effects,
    running,
    sequences,
)
from tests.service_keys import SIGNATURES, SIGNER

CLOCK = SystemClock()


async def streamed(js: JetStreamContext) -> set[tuple[str, int]]:
    """Aggregate and sequence of everything in the stream."""
    state = (await js.stream_info(Stream.REGISTRY)).state
    events = set()
    for seq in range(state.first_seq, state.last_seq + 1):
        headers = (await js.get_msg(Stream.REGISTRY, seq)).headers or {}
        events.add((headers["ce-subject"], int(headers["ce-sequence"])))
    return events


@contextmanager
def _down(server: NatsServer) -> Iterator[None]:
    server.kill()
    yield
    server.start()


async def _answers(js: JetStreamContext) -> bool:
    try:
        await js.stream_info(Stream.REGISTRY)
    except (nats.errors.Error, TimeoutError):
        return False
    return True


async def test_a_lost_store_is_filled_again_and_then_left_alone(
    database: Database, jetstream: JetStreamContext
) -> None:
    await announced(database, "a", "a", "b")
    await Relay(database, jetstream, SIGNER, CLOCK).drain()
    assert await refill(database, jetstream, "registry", SIGNATURES) == 0

    await jetstream.delete_stream(Stream.REGISTRY)
    await ensure_streams(jetstream, "registry")
    assert await refill(database, jetstream, "registry", SIGNATURES) == 3
    await announced(database, "a")
    await Relay(database, jetstream, SIGNER, CLOCK).drain()

    assert await streamed(jetstream) == {("a", 1), ("a", 2), ("a", 3), ("b", 1)}
    assert await refill(database, jetstream, "registry", SIGNATURES) == 0


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("then", [CLOCK, FixedClock(CLOCK.now() - HOUR)], ids=["", "an hour back"])
async def test_a_store_set_back_gets_what_came_since(
    database: Database,
    jetstream: JetStreamContext,
    nats_server: NatsServer,
    tmp_path: Path,
    then: Clock,
) -> None:
    await announced(database, "a", "b")
    await Relay(database, jetstream, SIGNER, CLOCK).drain()
    with _down(nats_server):
        shutil.copytree(nats_server.store, tmp_path / "kept")
    await announced(database, "a", "c")
    await eventually(lambda: _answers(jetstream))
    await Relay(database, jetstream, SIGNER, then).drain()

    with _down(nats_server):
        shutil.rmtree(nats_server.store)
        shutil.copytree(tmp_path / "kept", nats_server.store)
    await eventually(lambda: _answers(jetstream))
    assert await streamed(jetstream) == {("a", 1), ("b", 1)}
    assert await refill(database, jetstream, "registry", SIGNATURES) >= 2
    await Relay(database, jetstream, SIGNER, CLOCK).drain()

    assert await streamed(jetstream) == {("a", 1), ("b", 1), ("a", 2), ("c", 1)}


def keeper(database: Database, js: JetStreamContext, relay: Relay) -> StreamKeeper:
    return StreamKeeper(database, js, "registry", SIGNATURES, 1, relay.nudge)


async def test_a_store_lost_while_all_run_is_back_by_itself_and_nothing_takes_effect_twice(
    database: Database,
    jetstream: JetStreamContext,
    nats_server: NatsServer,
    new_database: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream_keeping, "LOOK_EVERY_SECONDS", 0.1)
    receiver = await new_database("receiver")
    await prepare_effects(receiver)
    consumer = Consumer(
        "test", Stream.REGISTRY, receiver, jetstream, SIGNATURES, CLOCK, HAVE_EFFECT
    )
    relay = Relay(database, jetstream, SIGNER, CLOCK)

    async def handled(expected: dict[str, list[int]]) -> None:
        async def all_seen() -> bool:
            return await sequences(receiver) == expected

        await eventually(all_seen)

    async with running(relay.run(), keeper(database, jetstream, relay).run(), consumer.run()):
        await announced(database, "a", "a", "b")
        await handled({"a": [1, 2], "b": [1]})
        with _down(nats_server):
            shutil.rmtree(nats_server.store)
            await announced(database, "b")
        await announced(database, "c")
        await handled({"a": [1, 2], "b": [1, 2], "c": [1]})
    assert await streamed(jetstream) >= {("a", 1), ("a", 2), ("b", 1), ("b", 2), ("c", 1)}


async def test_a_receiver_that_was_set_back_is_given_what_it_lacks_and_nothing_twice(
    database: Database, jetstream: JetStreamContext, new_database: NewDatabase
) -> None:
    receiver = await new_database("receiver")
    await prepare_effects(receiver)
    consumer = Consumer(
        "test", Stream.REGISTRY, receiver, jetstream, SIGNATURES, CLOCK, HAVE_EFFECT
    )

    async def all_handled() -> bool:
        return await sequences(receiver) == {"a": [1, 2], "b": [1]}

    async with running(Relay(database, jetstream, SIGNER, CLOCK).run(), consumer.run()):
        await announced(database, "a", "b", "a")
        await eventually(all_handled)
        seen = await effects(receiver)
        later = [one.event_id for one in seen if (one.aggregate, one.sequence) != ("a", 1)]
        async with receiver.transaction() as session:  # as a copy made after the first event
            await session.exec(sa.delete(EFFECTS))
            await session.exec(sa.delete(InboxEvent).where(col(InboxEvent.event_id).in_(later)))
            await session.exec(sa.delete(InboxPosition))
            session.add(InboxPosition(consumer="test", aggregate="a", last_seq=1))
        await consumer.begin_again()

        async def the_rest_is_handled() -> bool:
            return await sequences(receiver) == {"a": [2], "b": [1]}

        await eventually(the_rest_is_handled)


async def test_an_event_that_was_given_up_is_given_up_again_when_its_dead_letter_is_lost(
    database: Database, jetstream: JetStreamContext, new_database: NewDatabase
) -> None:
    async def fail(session: AsyncSession, received: Received[BureausChanged]) -> None:
        raise ValueError("cannot be handled")

    handlers = [EventHandler(BureausChanged, apply=fail)]
    receiver = await new_database("receiver")
    consumer = Consumer(
        "test", Stream.REGISTRY, receiver, jetstream, SIGNATURES, CLOCK, handlers, max_attempts=1
    )
    relay = Relay(database, jetstream, SIGNER, CLOCK)
    keeping = keeper(database, jetstream, relay)

    async def given_up() -> bool:
        return await dead_letter_counts(jetstream) == {"test": 1}

    async with running(relay.run(), consumer.run()):
        await announced(database, "a")
        await eventually(given_up)
        await keeping.look()
        for stream in (Stream.REGISTRY, Stream.DEAD_LETTERS):
            await jetstream.delete_stream(stream)
        assert await dead_letter_counts(jetstream) == {}
        await keeping.look()
        await eventually(given_up)


async def test_an_empty_outbox_has_nothing_to_give(
    database: Database, jetstream: JetStreamContext
) -> None:
    assert await refill(database, jetstream, "registry", SIGNATURES) == 0


async def unsigned(database: Database, js: JetStreamContext) -> None:
    """Publishes the outbox and marks it, as the release did that signed no events."""
    async with database.transaction() as session:
        for row in await session.exec(select(Outbox).order_by(col(Outbox.seq))):
            headers = {**row.headers, Header.MSG_ID: str(row.event_id)}
            await js.publish(row.subject, row.payload, headers=headers)
        await session.exec(sa.update(Outbox).values(published_at=CLOCK.now()))


async def all_signed(js: JetStreamContext) -> bool:
    state = (await js.stream_info(Stream.REGISTRY)).state
    stored = [await js.get_msg(Stream.REGISTRY, seq) for seq in _numbers(state)]
    return all(SIGNATURES.signed(one.subject or "", one.headers, one.data or b"") for one in stored)


def _numbers(state: StreamState) -> range:
    return range(state.first_seq, state.last_seq + 1)


async def test_the_unsigned_events_of_the_last_release_are_published_again_signed(
    database: Database, jetstream: JetStreamContext
) -> None:
    """Within the time in which NATS drops a message id that it has seen, too."""
    await announced(database, "a", "a", "b")
    await unsigned(database, jetstream)
    await announced(database, "b")
    await unsigned(database, jetstream)

    assert await refill(database, jetstream, "registry", SIGNATURES) == 4
    await Relay(database, jetstream, SIGNER, CLOCK).drain()

    assert await streamed(jetstream) == {("a", 1), ("a", 2), ("b", 1), ("b", 2)}
    assert await all_signed(jetstream)
    assert await refill(database, jetstream, "registry", SIGNATURES) == 0


async def test_a_consumer_waits_until_the_events_of_the_last_release_are_signed(
    database: Database, jetstream: JetStreamContext, new_database: NewDatabase
) -> None:
    receiver = await new_database("receiver")
    await prepare_effects(receiver)
    await announced(database, "a", "a")
    await unsigned(database, jetstream)
    tested = Consumer("test", Stream.REGISTRY, receiver, jetstream, SIGNATURES, CLOCK, HAVE_EFFECT)
    async with running(tested.run()):
        await refill(database, jetstream, "registry", SIGNATURES)
        await Relay(database, jetstream, SIGNER, CLOCK).drain()
        await eventually(lambda: _had(receiver, 2))

    assert await sequences(receiver) == {"a": [1, 2]}
    assert await unsigned_counts(jetstream) == {}


async def _had(receiver: Database, count: int) -> bool:
    return len(await effects(receiver)) == count


async def test_events_signed_with_a_key_that_is_gone_are_signed_again(
    database: Database, jetstream: JetStreamContext
) -> None:
    former = EventSigner({"registry": OKPKey.generate_key("Ed25519")})
    await announced(database, "a", "b")
    await Relay(database, jetstream, former, CLOCK).drain()

    assert await refill(database, jetstream, "registry", SIGNATURES) == 2
    await Relay(database, jetstream, SIGNER, CLOCK).drain()

    assert await streamed(jetstream) == {("a", 1), ("b", 1)}
    assert await all_signed(jetstream)


async def test_what_another_replica_publishes_meanwhile_hides_nothing_that_was_emptied(
    database: Database, jetstream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    former = EventSigner({"registry": OKPKey.generate_key("Ed25519")})
    await announced(database, "a", "b")
    await Relay(database, jetstream, former, CLOCK).drain()
    await announced(database, "c")
    async with database.snapshot() as session:
        row = (await session.exec(select(Outbox).where(Outbox.aggregate == "c"))).one()
    purge = jetstream.purge_stream

    async def purged(stream: str) -> bool:
        done = await purge(stream)
        signed = SIGNER.sign(row.subject, row.headers, row.payload)
        headers = {**row.headers, Header.MSG_ID: str(row.event_id), SIGNATURE_HEADER: signed}
        await jetstream.publish(row.subject, row.payload, headers=headers)
        return done

    monkeypatch.setattr(jetstream, "purge_stream", purged)
    assert await refill(database, jetstream, "registry", SIGNATURES) == 2
    await Relay(database, jetstream, SIGNER, CLOCK).drain()
    assert await streamed(jetstream) == {("a", 1), ("b", 1), ("c", 1)}


async def test_a_forged_message_at_the_end_does_not_disturb_a_start(
    database: Database, jetstream: JetStreamContext
) -> None:
    await announced(database, "a", "b")
    await Relay(database, jetstream, SIGNER, CLOCK).drain()
    await jetstream.publish("registry.v1.bureaus_changed.330106", b"forged")

    assert await refill(database, jetstream, "registry", SIGNATURES) == 0


async def set_back(database: Database, aggregate: str) -> None:
    """As a database that was restored to a moment before the last event of an aggregate."""
    async with database.transaction() as session:
        rows = select(Outbox).where(Outbox.aggregate == aggregate).order_by(col(Outbox.seq).desc())
        await session.delete((await session.exec(rows)).first())
        row = await session.get_one(AggregateSequence, aggregate)
        row.last_seq -= 1


async def test_all_that_no_relay_marks_is_waited_for_once(
    database: Database, jetstream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("ROWS_PER_UPDATE", 1), ("LOOKS", 4), ("PAUSE_SECONDS", 0)):
        monkeypatch.setattr(refilling, name, value)
    await announced(database, "a", "b", "c")
    looks, snapshot = list[bool](), database.snapshot

    def looked() -> AbstractAsyncContextManager[AsyncSession]:
        looks.append(True)
        return snapshot()

    monkeypatch.setattr(database, "snapshot", looked)
    assert await empty_and_refill(database, jetstream, "registry") == 3
    assert len(looks) == 4


async def test_what_a_relay_publishes_while_the_stream_is_lost_comes_again(
    database: Database, jetstream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    relay = Relay(database, jetstream, SIGNER, CLOCK)
    keeping = keeper(database, jetstream, relay)
    await announced(database, "a", "b")
    await relay.drain()
    await keeping.look()
    mark, looking = relay._mark, list[asyncio.Task[None]]()

    async def marked(published: Collection[int]) -> None:
        """Marks what was acknowledged by a stream that is lost and made anew meanwhile."""
        if published and not looking:
            await jetstream.delete_stream(Stream.REGISTRY)
            looking.append(asyncio.create_task(keeping.look()))
            await eventually(lambda: _answers(jetstream))
            await eventually(lambda: _unmarked(database, 4))
        await mark(published)

    monkeypatch.setattr(relay, "_mark", marked)
    await announced(database, "a", "c")
    await relay.drain()
    await asyncio.gather(*looking)
    await relay.drain()

    assert await streamed(jetstream) == {("a", 1), ("b", 1), ("a", 2), ("c", 1)}


async def _unmarked(database: Database, number: int) -> bool:
    return (await outbox_pending(database)).count == number


async def test_a_stream_ahead_of_a_restored_database_is_filled_from_it_at_the_start(
    database: Database, jetstream: JetStreamContext
) -> None:
    await announced(database, "a", "b", "b")
    await Relay(database, jetstream, SIGNER, CLOCK).drain()
    await set_back(database, "b")

    assert await refill(database, jetstream, "registry", SIGNATURES) == 2
    await announced(database, "b")  # gets the number that the lost event had
    await Relay(database, jetstream, SIGNER, CLOCK).drain()

    assert await streamed(jetstream) == {("a", 1), ("b", 1), ("b", 2)}
    assert await refill(database, jetstream, "registry", SIGNATURES) == 0


@pytest.fixture
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What these consumers asked for ends within a second, and none of them pauses for longer."""
    monkeypatch.setattr(refilling, "REST_LOOKS", 40)
    monkeypatch.setattr(refilling, "QUIET_LOOKS", 10)


@pytest.mark.usefixtures("_soon")
async def test_a_stream_is_emptied_before_anybody_takes_what_the_database_no_longer_knows(
    database: Database, jetstream: JetStreamContext, new_database: NewDatabase
) -> None:
    receiver = await new_database("receiver")
    await prepare_effects(receiver)
    tested = Consumer("test", Stream.REGISTRY, receiver, jetstream, SIGNATURES, CLOCK, HAVE_EFFECT)
    relay = Relay(database, jetstream, SIGNER, CLOCK)
    names = ["a", "b", *("c" for _ in range(LOOKED_AT_ONCE))]

    async with running(relay.run(), tested.run()):
        await announced(database, *names)
        await eventually(lambda: _had(receiver, len(names)))
    async with running(tested.run()):
        with pytest.raises(WrongState, match="test"):
            await prepared(database, jetstream)
    await set_back(database, "c")
    await set_back(database, "b")
    unknown = await prepared(database, jetstream)

    assert [(one.aggregate, one.sequence) for one in unknown] == [("b", 1), ("c", LOOKED_AT_ONCE)]
    assert await streamed(jetstream) == set()
    assert await refill(database, jetstream, "registry", SIGNATURES) == len(names) - 2
    assert await prepared(database, jetstream) == []
    async with running(relay.run(), tested.run()):
        await announced(database, "d")
        await eventually(lambda: _had(receiver, len(names) + 1))
        await eventually(
            lambda: _streams(jetstream, len(names) - 1)
        )  # in waves, behind the new one


async def _streams(js: JetStreamContext, number: int) -> bool:
    return len(await streamed(js)) == number


async def prepared(database: Database, js: JetStreamContext) -> list[Attributes]:
    """What `prepare` tells of the registry, before it empties the stream."""
    told: list[Attributes] = []
    await prepare(database, js, "registry", SIGNATURES, told.extend)
    return told


@pytest.mark.usefixtures("_soon")
async def test_what_the_database_lacks_is_told_before_it_is_gone(
    database: Database, jetstream: JetStreamContext
) -> None:
    await announced(database, "a")
    await Relay(database, jetstream, SIGNER, CLOCK).drain()
    await set_back(database, "a")

    def fail(_: Sequence[Attributes]) -> None:
        raise OSError

    with pytest.raises(OSError):  # noqa: PT011 - its own
        await prepare(database, jetstream, "registry", SIGNATURES, fail)
    assert [one.aggregate for one in await prepared(database, jetstream)] == ["a"]


async def test_what_was_handled_is_passed_together_when_its_stream_is_filled_again(
    database: Database,
    jetstream: JetStreamContext,
    new_database: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    receiver = await new_database("receiver")
    await prepare_effects(receiver)
    tested = Consumer("test", Stream.REGISTRY, receiver, jetstream, SIGNATURES, CLOCK, HAVE_EFFECT)
    relay = Relay(database, jetstream, SIGNER, CLOCK)
    names = ["a", "b"] * MANY
    async with running(relay.run(), tested.run()):
        await announced(database, *names)
        await eventually(lambda: _had(receiver, len(names)))
    await empty_and_refill(database, jetstream, "registry")
    await announced(database, "a")
    await relay.drain()
    took, take = list[int](), tested.inbox.take

    async def counted(delivery: Delivery) -> Place:
        took.append(delivery.stream_seq)
        return await take(delivery)

    monkeypatch.setattr(tested.inbox, "take", counted)
    async with running(tested.run()):
        await eventually(lambda: _had(receiver, len(names) + 1))
    assert len(took) < MANY  # the new one, and what came in a small batch


async def _all_published(database: Database) -> bool:
    return (await outbox_pending(database)).count == 0


async def test_a_stream_that_is_emptied_while_its_relay_runs_loses_nothing(
    database: Database, jetstream: JetStreamContext, new_database: NewDatabase
) -> None:
    receiver = await new_database("receiver")
    await prepare_effects(receiver)
    tested = Consumer("test", Stream.REGISTRY, receiver, jetstream, SIGNATURES, CLOCK, HAVE_EFFECT)
    relay = Relay(database, jetstream, SIGNER, CLOCK)
    names = [f"a{number % 7}" for number in range(200)]

    async def trickle() -> None:
        for name in names:
            await announced(database, name)

    async with running(relay.run(), tested.run()):
        announcing, filled = asyncio.create_task(trickle()), 0
        while not announcing.done():
            filled += await empty_and_refill(database, jetstream, "registry")
        await eventually(lambda: _had(receiver, len(names)))
        filled += await empty_and_refill(database, jetstream, "registry")
        await eventually(lambda: _all_published(database))
    assert filled >= len(names)
    counted = Counter(names)
    assert await streamed(jetstream) == {(a, n + 1) for a in counted for n in range(counted[a])}

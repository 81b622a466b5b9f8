"""The consumer and its inbox against a real NATS server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from nats.js import JetStreamContext
from nats.js.api import Header
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from structlog.testing import capture_logs

from plumbing.clock import SystemClock
from plumbing.database import Database, WriterBusy
from plumbing.events import consumer as consuming
from plumbing.events.consumer import Consumer
from plumbing.events.dead_letters import Replay, dead_letters, replay
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler, InboxPosition, TryLater
from plumbing.events.inspection import consumer_lags, dead_letter_counts, failures
from plumbing.events.outbox import Outbox, record
from plumbing.events.relay import Relay
from plumbing.events.signing import SIGNATURE_HEADER
from plumbing.events.subjects import Stream
from protos.registry.v1.events_pb2 import BureausChanged, SubjectsChanged
from tests.integration.conftest import NatsServer, NewDatabase
from tests.integration.events.support import (
    AT,
    HAVE_EFFECT,
    announce,
    announced,
    effects,
    eventually,
    have_effect,
    prepare_effects,
    running,
    sequences,
)
from tests.service_keys import SIGNATURES, SIGNER

CLOCK = SystemClock()


@pytest.fixture
async def sender(new_database: NewDatabase) -> Database:
    """The database of the service that announces events."""
    return await new_database("sender")


@pytest.fixture
async def receiver(new_database: NewDatabase) -> Database:
    """The database of the service that consumes events."""
    database = await new_database("receiver")
    await prepare_effects(database)
    return database


def consumer(
    receiver: Database,
    js: JetStreamContext,
    handlers: Sequence[EventHandler[Any]],
    max_attempts: int = 3,
) -> Consumer:
    return Consumer(
        "test",
        Stream.REGISTRY,
        receiver,
        js,
        SIGNATURES,
        CLOCK,
        handlers,
        max_attempts=max_attempts,
        ack_wait=2.0,
    )


async def send(sender: Database, js: JetStreamContext) -> None:
    assert not (await Relay(sender, js, SIGNER, CLOCK).drain()).held


async def send_again(sender: Database, js: JetStreamContext, tag: str) -> None:
    """Publishes the whole outbox again, as if the stream had forgotten the message ids."""
    async with sender.snapshot() as session:
        for row in await session.exec(select(Outbox).order_by(col(Outbox.seq))):
            signature = SIGNER.sign(row.subject, row.headers, row.payload)
            added = {Header.MSG_ID: f"{tag}{row.event_id}", SIGNATURE_HEADER: signature}
            headers = {**row.headers, **added}
            await js.publish(row.subject, row.payload, headers=headers)


async def all_acknowledged(js: JetStreamContext) -> bool:
    # A consumer that was made a moment ago may say that nothing waits: it has not counted yet.
    consumers = await js.consumers_info(Stream.REGISTRY)
    begun = bool(consumers) and all(
        info.delivered and info.delivered.consumer_seq for info in consumers
    )
    lags = await consumer_lags(js)
    return begun and all(lag.waiting == lag.unacknowledged == 0 for lag in lags)


async def test_events_have_their_effect_in_order(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    names = [f"subjects/{n % 9}" for n in range(270)]
    await announced(sender, *names)
    await send(sender, jetstream)

    async with running(consumer(receiver, jetstream, HAVE_EFFECT).run()):
        await eventually(lambda: all_acknowledged(jetstream))

    assert await sequences(receiver) == {name: list(range(1, 31)) for name in names}


async def test_events_that_wait_share_transactions_and_one_that_fails_harms_no_other(
    sender: Database,
    receiver: Database,
    jetstream: JetStreamContext,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consuming, "SEVERAL_SECONDS", 60.0)
    await announced(sender, *(f"subjects/{n}" for n in range(50)))
    await send(sender, jetstream)
    before = receiver.commits
    failing = [1]

    async def fail_once(session: AsyncSession, received: Received[BureausChanged]) -> None:
        await have_effect(session, received)
        if received.aggregate == "subjects/9" and failing:
            raise ValueError(failing.pop())

    handlers = [EventHandler(BureausChanged, apply=fail_once)]
    async with running(consumer(receiver, jetstream, handlers).run()):
        await eventually(lambda: all_acknowledged(jetstream))

    assert await sequences(receiver) == {f"subjects/{n}": [1] for n in range(50)}
    assert receiver.commits - before < 50


async def test_an_event_delivered_twice_has_one_effect(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    await announced(sender, "a", "b", "a")
    await send(sender, jetstream)
    await send_again(sender, jetstream, "again-")

    async with running(consumer(receiver, jetstream, HAVE_EFFECT).run()):
        await eventually(lambda: all_acknowledged(jetstream))

    assert await sequences(receiver) == {"a": [1, 2], "b": [1]}
    assert (await jetstream.stream_info(Stream.REGISTRY)).state.messages == 6


async def test_an_event_that_comes_too_early_waits_and_is_no_failure(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    await announced(sender, "a", "a", "a", "b", "b", "b")
    late = sa.or_(
        sa.and_(col(Outbox.aggregate) == "a", col(Outbox.aggregate_seq) == 1),
        sa.and_(col(Outbox.aggregate) == "b", col(Outbox.aggregate_seq) == 2),
    )
    async with sender.transaction() as session:
        await session.exec(sa.update(Outbox).where(late).values(published_at=AT))
    await send(sender, jetstream)

    async with running(consumer(receiver, jetstream, HAVE_EFFECT).run()):
        await eventually(lambda: _redelivered(jetstream))
        assert await sequences(receiver) == {"b": [1]}
        assert await failures(receiver) == []
        async with sender.transaction() as session:
            await session.exec(sa.update(Outbox).where(late).values(published_at=None))
        await send(sender, jetstream)
        await eventually(lambda: all_acknowledged(jetstream))

    assert await sequences(receiver) == {"a": [1, 2, 3], "b": [1, 2, 3]}


async def _redelivered(js: JetStreamContext) -> bool:
    return any(info.num_redelivered for info in await js.consumers_info(Stream.REGISTRY))


async def replay_all(js: JetStreamContext, tested: Consumer) -> list[Replay]:
    return [
        await replay(js, tested.inbox, SIGNATURES, letter)
        async for letter in dead_letters(js, tested.name)
    ]


async def test_a_poisonous_event_becomes_a_dead_letter_and_can_be_handled_again(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    fault = ["不明原因 unknown cause"]

    async def handle(session: AsyncSession, received: Received[BureausChanged]) -> None:
        await have_effect(session, received)
        if fault and received.message.change.ground == "poison":
            raise ValueError(fault[0])

    async with sender.transaction() as session:
        poison = await announce(session, "a", "poison")
        for aggregate in ("a", "b", "a"):
            await announce(session, aggregate)
    await send(sender, jetstream)

    tested = consumer(receiver, jetstream, [EventHandler(BureausChanged, apply=handle)])
    async with running(tested.run()):
        await eventually(lambda: all_acknowledged(jetstream))
        assert await sequences(receiver) == {"a": [2, 3], "b": [1]}
        assert await dead_letter_counts(jetstream) == {"test": 1}
        [letter] = [letter async for letter in dead_letters(jetstream, "test")]
        assert letter.attributes is not None
        assert letter.attributes.id == poison
        assert letter.error == "ValueError: 不明原因 unknown cause"
        assert letter.subject == "registry.v1.bureaus_changed.330106"
        [failure] = await failures(receiver)
        assert (failure.event_id, failure.attempts) == (poison, 3)
        assert failure.buried_at is not None

        [replayed] = await replay_all(jetstream, tested)
        assert replayed.error == letter.error
        assert await dead_letter_counts(jetstream) == {"test": 1}

        fault.clear()
        assert (await replay(jetstream, tested.inbox, SIGNATURES, letter)).error is None
        assert (
            await replay(jetstream, tested.inbox, SIGNATURES, letter)
        ).error is None  # two at once: one effect
        assert await replay_all(jetstream, tested) == []

    assert await sequences(receiver) == {"a": [2, 3, 1], "b": [1]}
    assert await failures(receiver) == []


async def test_a_dead_letter_delivered_again_is_left_to_its_replay(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    async def refuse(session: AsyncSession, received: Received[BureausChanged]) -> None:
        raise ValueError("no")

    await announced(sender, "a")
    await send(sender, jetstream)
    tested = consumer(
        receiver, jetstream, [EventHandler(BureausChanged, apply=refuse)], max_attempts=1
    )
    async with running(tested.run()):
        await eventually(lambda: all_acknowledged(jetstream))
        with capture_logs() as logs:
            await send_again(sender, jetstream, "again-")
            await eventually(lambda: all_acknowledged(jetstream))

    assert [entry for entry in logs if entry["log_level"] == "error"] == []
    assert await dead_letter_counts(jetstream) == {"test": 1}


async def test_a_failure_that_passes_leaves_no_trace(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    left = [1, 2]

    async def handle(session: AsyncSession, received: Received[BureausChanged]) -> None:
        await have_effect(session, received)
        if left:
            raise ValueError(left.pop())

    await announced(sender, "a", "a")
    await send(sender, jetstream)
    async with running(
        consumer(receiver, jetstream, [EventHandler(BureausChanged, apply=handle)]).run()
    ):
        await eventually(lambda: all_acknowledged(jetstream))

    assert await sequences(receiver) == {"a": [1, 2]}
    assert await failures(receiver) == []


@pytest.mark.parametrize("away", [TryLater("the workflows are away"), WriterBusy("others write")])
async def test_what_is_away_or_busy_is_waited_for_without_counting(
    sender: Database, receiver: Database, jetstream: JetStreamContext, away: Exception
) -> None:
    reactions: list[int] = []

    async def react(received: Received[BureausChanged]) -> None:
        reactions.append(received.sequence)
        if len(reactions) == 1:
            raise away

    await announced(sender, "a", "a")
    await send(sender, jetstream)
    handlers = [EventHandler(BureausChanged, apply=have_effect, react=react)]
    tested = consumer(receiver, jetstream, handlers, max_attempts=1)
    async with running(tested.run()):
        await eventually(lambda: all_acknowledged(jetstream))

    assert reactions == [1, 1, 2]
    assert await sequences(receiver) == {"a": [1, 2]}
    assert await dead_letter_counts(jetstream) == {}


async def test_a_reaction_comes_before_the_effect_and_not_for_what_was_handled(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    seen: list[int] = []

    async def react(received: Received[BureausChanged]) -> None:
        seen.append(len(await effects(receiver)))

    await announced(sender, "a", "a")
    await send(sender, jetstream)
    await send_again(sender, jetstream, "again-")
    handlers = [EventHandler(BureausChanged, apply=have_effect, react=react)]
    async with running(consumer(receiver, jetstream, handlers).run()):
        await eventually(lambda: all_acknowledged(jetstream))

    assert seen == [0, 1]


async def test_events_nobody_asked_for_are_passed_in_order(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    about: dict[str, Any] = {"aggregate": "a", "bureau": "HZ-XIHU", "on_behalf_of": "account/test"}
    async with sender.transaction() as session:
        await record(session, SubjectsChanged(), at=AT, **about)
        await record(session, BureausChanged(), at=AT, **about)
    await send(sender, jetstream)
    async with running(consumer(receiver, jetstream, HAVE_EFFECT).run()):
        await eventually(lambda: all_acknowledged(jetstream))

    assert await sequences(receiver) == {"a": [2]}
    async with receiver.snapshot() as session:
        assert list(await session.exec(select(InboxPosition.last_seq))) == [2]


async def test_a_message_that_is_no_event_becomes_a_dead_letter(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    await announced(sender, "a")
    await send(sender, jetstream)
    noise, no_event = "registry.v1.noise.330106", {"ce-type": "quanheng.registry.v1.Noise"}
    signature = SIGNER.sign(noise, no_event, b"noise")
    headers = {**no_event, SIGNATURE_HEADER: signature}
    await jetstream.publish(noise, b"noise", headers=headers)
    tested = consumer(receiver, jetstream, HAVE_EFFECT)
    async with running(tested.run()):
        await eventually(lambda: all_acknowledged(jetstream))
        assert await dead_letter_counts(jetstream) == {"test": 1}
        [replayed] = await replay_all(jetstream, tested)

    assert await sequences(receiver) == {"a": [1]}
    assert replayed.letter.attributes is None
    assert replayed.error is not None


async def test_another_event_in_a_place_that_is_taken_becomes_a_dead_letter(
    sender: Database, receiver: Database, jetstream: JetStreamContext, new_database: NewDatabase
) -> None:
    """This happens when a service's database is restored and announces other events."""
    restored = await new_database("restored")
    for database in (sender, restored):
        await announced(database, "a")
        await send(database, jetstream)
    async with running(consumer(receiver, jetstream, HAVE_EFFECT).run()):
        await eventually(lambda: all_acknowledged(jetstream))

    assert await sequences(receiver) == {"a": [1]}
    assert await dead_letter_counts(jetstream) == {"test": 1}


async def test_a_slow_handler_is_not_taken_for_dead(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    """Of two replicas, the idle one does not get the event that the other is still handling."""
    deliveries: list[int] = []

    async def react(received: Received[BureausChanged]) -> None:
        deliveries.append(received.deliveries)
        await asyncio.sleep(5)  # ack_wait is two seconds

    await announced(sender, "a")
    await send(sender, jetstream)
    handlers = [EventHandler(BureausChanged, apply=have_effect, react=react)]
    replicas = [consumer(receiver, jetstream, handlers).run() for _ in range(2)]
    async with running(*replicas):
        await eventually(lambda: all_acknowledged(jetstream))

    assert deliveries == [1]
    assert await sequences(receiver) == {"a": [1]}


async def test_nats_killed_under_relay_and_consumer(
    sender: Database, receiver: Database, jetstream: JetStreamContext, nats_server: NatsServer
) -> None:
    relay = Relay(sender, jetstream, SIGNER, CLOCK, poll_seconds=0.1)
    total = 0
    async with running(relay.run(), consumer(receiver, jetstream, HAVE_EFFECT).run()):
        for round_ in range(1, 4):
            await announced(sender, *["a", "b", "c"] * 40)
            total += 120
            await eventually(lambda: _some(receiver, (round_ - 1) * 120))  # noqa: B023
            nats_server.kill()
            nats_server.start()
        await eventually(lambda: _some(receiver, total - 1))

    assert await sequences(receiver) == {name: list(range(1, 121)) for name in "abc"}


async def _some(receiver: Database, beyond: int) -> bool:
    return len(await effects(receiver)) > beyond


async def test_a_consumer_that_vanished_is_made_again(
    sender: Database, receiver: Database, jetstream: JetStreamContext
) -> None:
    async with running(consumer(receiver, jetstream, HAVE_EFFECT).run()):
        await announced(sender, "a")
        await send(sender, jetstream)
        await eventually(lambda: _some(receiver, 0))
        await jetstream.delete_consumer(Stream.REGISTRY, "test")
        await announced(sender, "a")
        await send(sender, jetstream)
        await eventually(lambda: _some(receiver, 1))

    assert await sequences(receiver) == {"a": [1, 2]}

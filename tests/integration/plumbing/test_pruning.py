"""Old events and answers are removed, and never one that something still needs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from nats.js import JetStreamContext
from sqlmodel import SQLModel, col, select

from law.errors import AlreadyExists
from plumbing.answered_requests import AnsweredRequest
from plumbing.audit import AuditEntry
from plumbing.change import Change, Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.consumer import Consumer
from plumbing.events.gaps import gaps
from plumbing.events.inbox import EventHandler, InboxEvent, InboxPosition
from plumbing.events.inspection import consumer_lags, dead_letter_counts
from plumbing.events.outbox import Outbox, record
from plumbing.events.refilling import refill
from plumbing.events.relay import Relay
from plumbing.events.subjects import Stream, ensure_streams
from plumbing.identity import Caller, Role, service_caller
from plumbing.pruning import events as event_pruning
from plumbing.pruning import portions
from plumbing.pruning.answers import AnswerPruner
from plumbing.pruning.daily import DailyPruner
from plumbing.pruning.events import EventPruner
from protos.operations.v1 import operations_pb2 as pb
from tests.integration.conftest import NewDatabase
from tests.integration.events.support import (
    AT,
    HAVE_EFFECT,
    effects,
    event,
    eventually,
    have_effect,
    prepare_effects,
    running,
)
from tests.service_keys import SIGNATURES, SIGNER

KEPT = timedelta(days=90)
PERSON = Caller("account/7", "zhou", frozenset({Role.ADMINISTRATOR}), "330106")
NAME = "grading-registry"


async def at_once() -> None:
    await asyncio.sleep(0)


class Bureau:
    """A service that announces, and one that listens while it is not away."""

    def __init__(self, sender: Database, receiver: Database, js: JetStreamContext) -> None:
        self.sender, self.receiver, self.js = sender, receiver, js
        self.clock = FixedClock(AT)
        self.handlers: Sequence[EventHandler[Any]] = HAVE_EFFECT
        self.own = EventPruner(sender, js, "registry", self.clock, KEPT)
        self.other = EventPruner(receiver, js, "grading", self.clock, KEPT)

    async def announce(self, *aggregates: str) -> None:
        async with self.sender.transaction() as session:
            for name in aggregates:
                await record(
                    session,
                    event(),
                    aggregate=name,
                    bureau="330106",
                    at=self.clock.now(),
                    on_behalf_of="account/test",
                )
        assert not (await Relay(self.sender, self.js, SIGNER, self.clock).drain()).held

    def consumer(self) -> Consumer:
        return Consumer(
            NAME,
            Stream.REGISTRY,
            self.receiver,
            self.js,
            SIGNATURES,
            self.clock,
            self.handlers,
            max_attempts=1,
        )

    async def listen(self) -> None:
        """The consumer runs until it has handled, or given up, whatever there is."""
        async with running(self.consumer().run()):
            await eventually(self.is_through)

    async def is_through(self) -> bool:
        lags = await consumer_lags(self.js, [Stream.REGISTRY])
        return bool(lags) and not any(lag.waiting + lag.unacknowledged for lag in lags)

    async def rows(self, database: Database, table: type[SQLModel]) -> Sequence[Any]:
        async with database.snapshot() as session:
            return (await session.exec(select(table))).all()

    async def left(self) -> tuple[int, int, int]:
        """How many rows the outbox and the inbox have, and how many events the stream."""
        state = (await self.js.stream_info(Stream.REGISTRY)).state
        outbox = len(await self.rows(self.sender, Outbox))
        return outbox, len(await self.rows(self.receiver, InboxEvent)), state.messages

    async def prune(self) -> tuple[int, int, int]:
        await self.own.prune(at_once)
        await self.other.prune(at_once)
        return await self.left()


@pytest.fixture
async def bureau(
    new_database: NewDatabase, jetstream: JetStreamContext, monkeypatch: pytest.MonkeyPatch
) -> Bureau:
    known = {"registry": {}, "grading": {NAME: Stream.REGISTRY}}
    monkeypatch.setattr(event_pruning, "CONSUMERS", known)
    receiver = await new_database("grading")
    await prepare_effects(receiver)
    return Bureau(await new_database("registry"), receiver, jetstream)


async def test_old_events_go_and_a_lost_store_is_filled_again_with_what_is_kept(
    bureau: Bureau,
) -> None:
    await bureau.announce("a", "a", "b")
    await bureau.listen()
    bureau.clock.moment += timedelta(days=60)
    await bureau.announce("a")
    await bureau.listen()
    assert await bureau.prune() == (4, 4, 4), "nothing is old yet"
    bureau.clock.moment += timedelta(days=60)
    await bureau.announce("b")
    await bureau.listen()
    assert await bureau.prune() == (2, 2, 2)

    await bureau.js.delete_stream(Stream.REGISTRY)
    await ensure_streams(bureau.js, "registry")
    assert await refill(bureau.sender, bureau.js, "registry", SIGNATURES) == 2
    await bureau.announce("a")
    await bureau.listen()
    assert await dead_letter_counts(bureau.js) == {}
    assert len(await effects(bureau.receiver)) == 6, "each event took effect once"
    assert await bureau.prune() == (3, 3, 3)


async def test_the_last_event_stays_whatever_its_age(bureau: Bureau) -> None:
    """From it a refill begins, and the outbox never gives its number again."""
    await bureau.announce("a", "a")
    await bureau.listen()
    bureau.clock.moment += timedelta(days=400)
    outbox, _, stream = await bureau.prune()
    assert (outbox, stream) == (1, 1)
    assert await refill(bureau.sender, bureau.js, "registry", SIGNATURES) == 0
    await bureau.announce("a")
    await bureau.listen()
    assert [row.seq for row in await bureau.rows(bureau.sender, Outbox)] == [2, 3]
    assert len(await effects(bureau.receiver)) == 3


async def test_a_consumer_that_was_away_longer_than_the_term_gets_everything(
    bureau: Bureau,
) -> None:
    await bureau.announce("a")
    await bureau.listen()
    await bureau.announce("b", "b", "a")
    bureau.clock.moment += timedelta(days=400)
    outbox, inbox, stream = await bureau.prune()
    assert (outbox, inbox, stream) == (4, 1, 4), "also the store of NATS could still be lost"
    await bureau.listen()
    assert len(await effects(bureau.receiver)) == 4
    assert (await bureau.prune())[0] == 1


async def test_nothing_goes_while_a_consumer_is_not_known_to_nats(bureau: Bureau) -> None:
    await bureau.announce("a", "b")
    bureau.clock.moment += timedelta(days=400)
    assert await bureau.prune() == (2, 0, 2)


async def test_an_inbox_forgets_nothing_while_a_dead_letter_waits(bureau: Bureau) -> None:
    async def fails(_session: object, received: Any) -> None:
        if received.aggregate == "broken":
            raise ValueError("cannot be handled")
        await have_effect(_session, received)  # type: ignore[arg-type]

    [handler] = HAVE_EFFECT
    bureau.handlers = [EventHandler(handler.event_type, apply=fails)]
    await bureau.announce("a", "broken")
    await bureau.listen()
    bureau.clock.moment += timedelta(days=400)
    await bureau.announce("a")
    await bureau.listen()
    assert (await bureau.prune())[:2] == (3, 2)


async def test_an_event_is_kept_while_its_dead_letter_waits(bureau: Bureau) -> None:
    """NATS may lose its store, and a backup has none: the event is then given up anew."""

    async def fails(_session: object, _received: object) -> None:
        raise ValueError("cannot be handled")

    [handler] = HAVE_EFFECT
    bureau.handlers = [EventHandler(handler.event_type, apply=fails)]
    await bureau.announce("a")
    bureau.clock.moment += timedelta(days=1)
    await bureau.announce("broken")
    await bureau.listen()
    bureau.clock.moment += timedelta(days=400)
    bureau.handlers = HAVE_EFFECT
    await bureau.announce("a")
    await bureau.listen()
    await bureau.prune()
    kept = [row.aggregate for row in await bureau.rows(bureau.sender, Outbox)]
    assert kept == ["a", "broken", "a"]


async def test_a_consumer_that_lacks_what_is_kept_no_more_is_found(bureau: Bureau) -> None:
    """As after a restore of one database from a backup that is older than events are kept."""
    await bureau.announce("a", "a", "a")
    await bureau.listen()
    bureau.clock.moment += timedelta(days=400)
    await bureau.announce("a", "b")
    await bureau.listen()
    await bureau.prune()
    async with bureau.receiver.transaction() as session:
        position = await session.get_one(InboxPosition, (NAME, "a"))
        position.last_seq = 1
        await session.exec(sa.delete(InboxEvent))
        await session.exec(sa.delete(InboxPosition).where(col(InboxPosition.aggregate) == "b"))
    await bureau.js.delete_consumer(Stream.REGISTRY, NAME)
    async with running(bureau.consumer().run()):

        async def found() -> bool:
            own = {NAME: Stream.REGISTRY.value}
            return [
                (gap.consumer, gap.aggregate, gap.lacks)
                for gap in await gaps(bureau.receiver, bureau.js, own)
            ] == [(NAME, "a", 2)]

        await eventually(found)


def request(request_id: str) -> pb.ReplayDeadLettersRequest:
    return pb.ReplayDeadLettersRequest(request_id=request_id)


class Office:
    """A service that counts how often a request was carried out."""

    def __init__(self, database: Database) -> None:
        self.clock, self.done = FixedClock(AT), list[str]()
        self.changes = Changes(database, self.clock)
        self.pruner = AnswerPruner(database, self.clock, KEPT)

    async def ask(self, request_id: str, caller: Caller = PERSON) -> None:
        async def command(
            change: Change, asked: pb.ReplayDeadLettersRequest
        ) -> pb.ReplayDeadLettersResponse:
            self.done.append(asked.request_id)
            return pb.ReplayDeadLettersResponse(handled=len(self.done))

        await self.changes.once(caller, request(request_id), command, pb.ReplayDeadLettersResponse)


async def test_an_old_request_is_refused_and_never_done_twice(database: Database) -> None:
    office = Office(database)
    await office.ask("r-1")
    office.clock.moment += timedelta(days=60)
    await office.ask("r-2")
    await office.ask("r-1")
    office.clock.moment += timedelta(days=60)
    assert await office.pruner.prune(at_once) == {"answered_request": 1}
    assert await office.pruner.prune(at_once) == {"answered_request": 0}
    with pytest.raises(AlreadyExists) as refused:
        await office.ask("r-1")
    assert "2026-09-14" in refused.value.zh
    assert "2026-09-14" in refused.value.en
    await office.ask("r-2")
    assert office.done == ["r-1", "r-2"]
    async with database.snapshot() as session:
        rows = {row.request_id: row for row in (await session.exec(select(AnsweredRequest))).all()}
    assert (rows["r-1"].response, rows["r-2"].response != b"") == (b"", True)


async def test_a_workflow_that_begins_again_gets_the_answers_of_old(database: Database) -> None:
    """As after a restore: Temporal is empty, and a case may be open for longer than that."""
    office, service = Office(database), service_caller("objection")
    await office.ask("r-1", service)
    office.clock.moment += timedelta(days=400)
    assert await office.pruner.prune(at_once) == {"answered_request": 0}
    await office.ask("r-1", service)
    assert office.done == ["r-1"]


async def test_others_write_between_the_portions_and_one_entry_tells_of_all(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "PORTION", 2)
    office = Office(database)
    for number in range(5):
        await office.ask(f"r-{number}")
    office.clock.moment += timedelta(days=120)
    written: list[str] = []

    async def write_meanwhile() -> None:
        written.append(f"new-{len(written)}")
        await office.ask(written[-1])

    async def prune(_paused: object) -> dict[str, int]:
        return await office.pruner.prune(write_meanwhile)

    daily = DailyPruner(office.changes, "alerts", [prune])
    assert await daily.round() == {"answered_request": 5}
    assert len(written) == 3
    assert await daily.round() == {}
    async with database.snapshot() as session:
        entries = (
            await session.exec(select(AuditEntry).where(col(AuditEntry.action) == "prune"))
        ).all()
    assert [entry.after for entry in entries] == [{"answered_request": 5}]

"""The inbox: each event takes effect once per consumer, in order within its aggregate.

An aggregate is one object, such as a case, whose events are numbered. The effect of an event, the
record that it was handled, and the consumer's position in the aggregate are committed together. So
an event that arrives too early is distinguished from one that was handled before.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any, Generic
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.clock import Clock
from plumbing.database import Database, PlumbingTable, connection_of
from plumbing.events.envelope import Attributes, Delivery, M, Received

MAX_ERROR_LENGTH = 1000  # characters of an error that are kept
# For the changes of an event that comes for the first time, or together with others; after that the
# database is taken to be away. When it comes again, alone, each of its statements has the time that
# any other has: so one that needs longer is handled then.
FIRST_SECONDS = 20.0

_FIRST_POSITION = sa.text(
    "INSERT INTO inbox_position (consumer, aggregate, last_seq) VALUES (:consumer, :aggregate, 1)"
    " ON CONFLICT (consumer, aggregate) DO NOTHING"
)

_NEXT_POSITION = sa.text(
    "UPDATE inbox_position SET last_seq = :sequence"
    " WHERE consumer = :consumer AND aggregate = :aggregate AND last_seq = :sequence - 1"
).bindparams(sa.bindparam("sequence", type_=sa.BigInteger))


class InboxEvent(PlumbingTable, table=True):
    """A database row for an event that has taken effect on a consumer."""

    __tablename__ = "inbox"

    consumer: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    handled_at: datetime


_HANDLED = sa.insert(InboxEvent)


class InboxPosition(PlumbingTable, table=True):
    """A database row with the number of the last event that a consumer passed in an aggregate."""

    __tablename__ = "inbox_position"

    consumer: str = Field(primary_key=True)
    aggregate: str = Field(primary_key=True)
    last_seq: int = Field(sa_type=sa.BigInteger)


class InboxFailure(PlumbingTable, table=True):
    """A database row for an event whose handling has failed and has not succeeded yet."""

    __tablename__ = "inbox_failure"

    consumer: str = Field(primary_key=True)
    event_id: UUID = Field(primary_key=True)
    attempts: int
    last_error: str
    at: datetime
    buried_at: datetime | None = None  # when it was given up and put among the dead letters


class TryLater(Exception):
    """Raised by an event handler that cannot handle the event yet.

    It does not count as a failure: the event is delivered again without limit.
    """


@dataclass(frozen=True)
class EventHandler(Generic[M]):
    """The functions that a consumer runs for one type of event.

    `apply` changes the service's own database, in the transaction of the inbox, once per event.
    `react` runs before `apply` and has effects elsewhere, such as signalling a workflow; it runs at
    least once, so it must be idempotent. Both may raise TryLater or Away.

    `later` says that the consumer took up the type after an earlier release, which passed its
    events: one of those that comes again, since a stream was filled anew, has no effect any more.
    """

    event_type: type[M]
    apply: Callable[[AsyncSession, Received[M]], Awaitable[None]] | None = None
    react: Callable[[Received[M]], Awaitable[None]] | None = None
    later: bool = False


class Place(Enum):
    """The place of an event in its aggregate for a consumer."""

    NEXT = auto()
    EARLY = auto()  # an earlier event of the aggregate has not been handled yet
    DONE = auto()
    BURIED = auto()  # given up earlier, and not handled since
    CONTRADICTS = auto()  # another event had its number in the sequence


class Inbox:
    """The inbox of one event consumer, stored in the database of its service."""

    def __init__(
        self, consumer: str, database: Database, clock: Clock, handlers: Sequence[EventHandler[Any]]
    ) -> None:
        self.consumer = consumer
        self._database = database
        self._clock = clock
        self._handlers = {on.event_type.DESCRIPTOR.full_name: on for on in handlers}
        if len(self._handlers) != len(handlers):
            raise ValueError(f"Two handlers of {consumer} for one type of event")

    def handles(self, event_type: str) -> bool:
        """Returns whether this consumer has a handler for an event type, given by its full name.

        Events of other types only advance the consumer's position.
        """
        return event_type in self._handlers

    def only_changes(self, event_type: str) -> bool:
        """Returns whether an event of a type has effects in the service's own database only."""
        on = self._handlers.get(event_type)
        return on is None or on.react is None

    async def take(self, delivery: Delivery) -> Place:
        """Handles an event if it is the next one of its aggregate; returns the event's place.

        DONE means that the event has taken effect. If the handler raises an error, the database is
        unchanged and the error is passed on.
        """
        on = self._handlers.get(delivery.attributes.type)
        if on is not None and on.react is not None:
            async with self._database.snapshot() as session:
                place = await self._place(session, delivery.attributes)
            if place is not Place.NEXT:
                return place
            await on.react(delivery.decode(on.event_type))
        async with self._changing(soon=delivery.deliveries == 1) as session:
            if not await self._advance(session, delivery.attributes):
                return await self._place(session, delivery.attributes)
            if on is not None:
                await self._effect(session, on, delivery)
        return Place.DONE

    @asynccontextmanager
    async def several(self) -> AsyncIterator[Callable[[Delivery], Awaitable[bool]]]:
        """Opens a transaction for several events that only change the database: all or none.

        Yields a function that handles one of them. It returns False, without an effect, for an
        event that is not the next one of its aggregate. After an error nothing is changed.
        """
        async with self._changing(soon=True) as session:

            async def take(delivery: Delivery) -> bool:
                if not await self._advance(session, delivery.attributes):
                    return False
                on = self._handlers.get(delivery.attributes.type)
                if on is not None:
                    await self._effect(session, on, delivery)
                await session.flush()
                session.expunge_all()  # each event reads its rows anew, as in its own transaction
                return True

            yield take

    @asynccontextmanager
    async def _changing(self, *, soon: bool) -> AsyncIterator[AsyncSession]:
        # A server that hangs answers no statement. A file does not hang.
        limit = FIRST_SECONDS if soon and not self._database.is_sqlite else None
        async with asyncio.timeout(limit), self._database.transaction() as session:
            yield session

    async def handled(self, deliveries: Sequence[Delivery]) -> set[UUID]:
        """Returns the ids of events that have been handled before, by one look for all of them.

        What was given up, or contradicts, is not among them.
        """
        events = [delivery.attributes for delivery in deliveries]
        ids, aggregates = [one.id for one in events], {one.aggregate for one in events}
        known = select(InboxEvent.event_id).where(
            InboxEvent.consumer == self.consumer, col(InboxEvent.event_id).in_(ids)
        )
        positions = select(InboxPosition.aggregate, InboxPosition.last_seq).where(
            InboxPosition.consumer == self.consumer, col(InboxPosition.aggregate).in_(aggregates)
        )
        async with self._database.snapshot() as session:
            effects = set((await session.exec(known)).all())
            last = dict((await session.exec(positions)).all())
        return {
            one.id
            for one in events
            if one.sequence <= last.get(one.aggregate, 0)
            and (one.id in effects or not self.handles(one.type))
        }

    async def take_again(self, delivery: Delivery) -> None:
        """Handles a dead letter after later events of its aggregate; its effect happens only once.

        Raises the error of the handler, or LookupError if there is no handler for the event's type.
        """
        on = self._handlers.get(delivery.attributes.type)
        if on is None:
            raise LookupError(f"{self.consumer} has no handler for {delivery.attributes.type}")
        if on.react is not None:
            await on.react(delivery.decode(on.event_type))
        async with self._database.transaction() as session:
            # The position did not pass an event that was refused for want of a known key.
            await self._advance(session, delivery.attributes)
            if not await self._handled(session, delivery.attributes.id):
                await self._effect(session, on, delivery)
            await session.exec(self._failures_of(delivery.attributes.id))

    async def failed(self, event_id: UUID, error: BaseException) -> int:
        """Counts a failed attempt to handle an event; returns how often the event has failed."""
        async with self._database.transaction() as session:
            failure = await session.get(InboxFailure, (self.consumer, event_id))
            failure = failure or InboxFailure(
                consumer=self.consumer,
                event_id=event_id,
                attempts=0,
                last_error="",
                at=self._clock.now(),
            )
            failure.attempts += 1
            failure.last_error = describe(error)
            failure.at = self._clock.now()
            session.add(failure)
            return failure.attempts

    async def bury(self, event: Attributes) -> None:
        """Marks an event as a dead letter, so that later events of its aggregate can be handled."""
        async with self._database.transaction() as session:
            await self._advance(session, event)
            failure = await session.get(InboxFailure, (self.consumer, event.id))
            if failure is not None:
                failure.buried_at = self._clock.now()

    async def _effect(
        self, session: AsyncSession, on: EventHandler[Any], delivery: Delivery
    ) -> None:
        event_id = delivery.attributes.id
        note = {"event_id": event_id, "handled_at": self._clock.now(), "consumer": self.consumer}
        await (await connection_of(session)).execute(_HANDLED, note)
        if on.apply is not None:
            await on.apply(session, delivery.decode(on.event_type))
        if delivery.deliveries > 1:
            await session.exec(self._failures_of(event_id))

    async def _advance(self, session: AsyncSession, event: Attributes) -> bool:
        """Advances the position if this event is the next; its row is locked until the commit."""
        connection = await connection_of(session)
        place: dict[str, Any] = {"consumer": self.consumer, "aggregate": event.aggregate}
        if event.sequence == 1:
            return bool((await connection.execute(_FIRST_POSITION, place)).rowcount)
        place["sequence"] = event.sequence
        return bool((await connection.execute(_NEXT_POSITION, place)).rowcount)

    async def _place(self, session: AsyncSession, event: Attributes) -> Place:
        position = await session.get(InboxPosition, (self.consumer, event.aggregate))
        last = 0 if position is None else position.last_seq
        if event.sequence > last:
            return Place.NEXT if event.sequence == last + 1 else Place.EARLY
        on = self._handlers.get(event.type)
        if on is None or await self._handled(session, event.id):
            return Place.DONE
        failure = await session.get(InboxFailure, (self.consumer, event.id))
        if failure is not None and failure.buried_at is not None:
            return Place.BURIED
        return Place.DONE if on.later else Place.CONTRADICTS

    async def _handled(self, session: AsyncSession, event_id: UUID) -> bool:
        note = select(InboxEvent.event_id).where(
            InboxEvent.consumer == self.consumer, InboxEvent.event_id == event_id
        )
        return (await session.exec(note)).first() is not None

    def _failures_of(self, event_id: UUID) -> sa.Delete:
        return sa.delete(InboxFailure).where(
            col(InboxFailure.consumer) == self.consumer,
            col(InboxFailure.event_id) == event_id,
        )


def describe(error: BaseException) -> str:
    """Returns the type and the message of an error as text, cut to 1,000 characters."""
    return f"{type(error).__name__}: {error}"[:MAX_ERROR_LENGTH]

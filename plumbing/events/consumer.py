"""Reads the events of one JetStream stream and passes them to an inbox.

`Consumer` is a durable pull consumer with explicit acknowledgement. JetStream redelivers without
limit (`max_deliver=-1`): an event that arrives too early is delivered again as often as needed. The
inbox counts the failures of an event; after too many, this module moves the event to the dead
letters. Events that wait together, and only change the database, share one short transaction; if
one of them fails, each is handled in its own. A message that the owner of its NATS subject has not
signed becomes a dead letter at once, and no handler sees it.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext, suppress
from itertools import chain, takewhile
from typing import Any, cast

import nats.errors
import structlog
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig
from nats.js.errors import NotFoundError

from plumbing.clock import Clock
from plumbing.database import Database, WriterBusy
from plumbing.database_away import DATABASE_AWAY, is_away
from plumbing.events.dead_letters import bury, is_among_them
from plumbing.events.envelope import Delivery, MalformedEvent
from plumbing.events.inbox import EventHandler, Inbox, Place, TryLater, describe
from plumbing.events.observing import handling, log_handled
from plumbing.events.refilling import begins_unsigned
from plumbing.events.signing import NotSigned, Signatures
from plumbing.events.subjects import Stream, dead_letter_subject
from plumbing.full_disk import is_full
from plumbing.grpc_errors import Away
from plumbing.metrics.counted import EVENT_SECONDS, EVENTS_GIVEN_UP
from plumbing.newer_tables import has_newer_value
from plumbing.tracing import failed

BATCH = 100
MANY = 10  # of a batch that waited: others are handled one by one, as they come
# How often an event is left to a newer replica: for half an hour, as long as an upgrade may last.
DELIVERIES_TO_NEWER = 180
IDLE_SECONDS = 1.0  # how long one request for events waits
MAX_ACK_PENDING = 5000  # includes the events held back for order
MAX_ATTEMPTS = 10
SEVERAL_SECONDS = 0.02  # of one transaction for several events, so that others wait little
OWNER_SECONDS, LOOK_SECONDS = 60.0, 0.2

_LOG = structlog.get_logger()
Joining = tuple[Msg, Delivery]
Taken = tuple[Msg, Delivery, float]  # with the moment at which its handling began


class Consumer:
    """Passes the events of one stream to the inbox of one service.

    `name` is unique among the consumers of the platform. After `ack_wait` seconds JetStream
    delivers an unacknowledged event again; while a handler is running, the time is extended.
    """

    def __init__(
        self,
        name: str,
        stream: str,
        database: Database,
        js: JetStreamContext,
        signatures: Signatures,
        clock: Clock,
        handlers: Sequence[EventHandler[Any]],
        *,
        max_attempts: int = MAX_ATTEMPTS,
        ack_wait: float = 5.0,
    ) -> None:
        dead_letter_subject(name)  # refuses a name that dead letters could not have
        self.name = name
        self.stream = stream
        self.inbox = Inbox(name, database, clock, handlers)
        self._js, self._signatures = js, signatures
        self._max_attempts = max_attempts
        self._ack_wait = ack_wait
        self._backoff = 0.0

    async def run(self) -> None:
        """Handles events until cancelled; retries while NATS or the database is unavailable."""
        while True:
            try:
                await self._wait_for_the_owner()
                async with self._subscription() as subscription:
                    await self._pull(subscription)
            except (nats.errors.Error, *DATABASE_AWAY) as error:
                # JetStream delivers again what was not acknowledged.
                self._backoff = _doubled(self._backoff, first=0.1, last=5.0)
                _LOG.warning(
                    "consumer interrupted, trying again",
                    consumer=self.name,
                    error=describe(error),
                    after=self._backoff,
                )
                await asyncio.sleep(self._backoff)

    async def begin_again(self) -> None:
        """Has all events of the stream delivered again; those handled before take no effect.

        Raises nats.errors.Error if NATS fails.
        """
        with suppress(NotFoundError):
            await self._js.delete_consumer(self.stream, self.name)

    async def _wait_for_the_owner(self) -> None:
        """Waits, for a limited time, until the owner of the stream has signed its events.

        After an upgrade from a release that signed none, it publishes them again when it starts.
        """
        until = time.monotonic() + OWNER_SECONDS
        while await begins_unsigned(self._js, Stream(self.stream), self._signatures):
            if time.monotonic() > until:
                return
            await asyncio.sleep(LOOK_SECONDS)

    @asynccontextmanager
    async def _subscription(self) -> AsyncIterator[JetStreamContext.PullSubscription]:
        config = ConsumerConfig(
            durable_name=self.name,
            ack_policy=AckPolicy.EXPLICIT,
            ack_wait=self._ack_wait,
            max_deliver=-1,
            max_ack_pending=MAX_ACK_PENDING,
        )
        await self._js.add_consumer(self.stream, config)
        subscription = await self._js.pull_subscribe_bind(self.name, stream=self.stream)
        try:
            yield subscription
        finally:
            await subscription.unsubscribe()

    async def _pull(self, subscription: JetStreamContext.PullSubscription) -> None:
        while True:
            try:
                batch = await subscription.fetch(BATCH, timeout=IDLE_SECONDS)
            except TimeoutError:
                continue  # no event came
            async with self._kept_alive(batch):
                # A redelivered event comes after newer ones: sorting restores the order.
                waiting = deque(await self._passed(sorted(batch, key=_stream_seq)))
                while waiting:
                    for _ in range(await self._handle_several(waiting)):
                        await self._handle(waiting.popleft())
            self._backoff = 0.0

    async def _passed(self, batch: list[Msg]) -> list[Msg]:
        """Acknowledges what was handled before, as in a stream filled again; returns the rest.

        A look for all of a large batch costs less than one for each, which waits for the database.
        """
        if len(batch) < MANY:
            return batch
        read = [delivery for delivery in map(self._signed, batch) if delivery is not None]
        deliveries = {delivery.stream_seq: delivery for delivery in read}
        handled = await self.inbox.handled(read)
        rest = []
        for message in batch:
            delivery = deliveries.get(_stream_seq(message))
            if delivery is not None and delivery.attributes.id in handled:
                await message.ack()
            else:
                rest.append(message)
        return rest

    async def _handle_several(self, waiting: deque[Msg]) -> int:
        """Handles the next messages in one transaction, and removes them from those that wait.

        Returns how many of the next ones have to be handled alone: those that were tried if one of
        them failed, since nothing of the transaction is left then; or one that does not join.
        """
        if len(waiting) == 1:
            return 1  # there is nothing to share a transaction with
        joining = (self._joining(message) for message in waiting)
        first = next(joining, None)
        if first is None:
            return 1
        done: list[Taken] = []
        try:
            async with self.inbox.several() as take:
                several = takewhile(bool, chain([first], joining))
                async for taken in self._taken(cast("Iterator[Joining]", several), take):
                    done.append(taken)  # noqa: PERF401 - what came before an error is counted
        except Exception:
            return min(len(done) + 1, len(waiting))
        for message, delivery, began in done:
            waiting.popleft()
            await message.ack()
            self._note_done(delivery, began)
        return 0 if done else 1

    def _joining(self, message: Msg) -> Joining | None:
        """The delivery of a message that may be handled together with others; else None."""
        delivery = self._signed(message)
        joins = delivery is not None and self.inbox.only_changes(delivery.attributes.type)
        return (message, delivery) if delivery is not None and joins else None

    def _signed(self, message: Msg) -> Delivery | None:
        """The delivery of a message that its owner has signed; else None."""
        try:
            self._signatures.verify(message.subject, message.headers, message.data)
            return Delivery.of(message)
        except (NotSigned, MalformedEvent):
            return None

    async def _taken(
        self, several: Iterator[Joining], take: Callable[[Delivery], Awaitable[bool]]
    ) -> AsyncIterator[Taken]:
        """Handles events until one is not the next of its aggregate, or others wait to write."""
        until = time.monotonic() + SEVERAL_SECONDS
        for message, delivery in several:
            began = time.monotonic()
            with self._handling(message, delivery):
                if not await take(delivery):
                    return
            yield message, delivery, began
            if time.monotonic() > until:
                return

    def _handling(self, message: Msg, delivery: Delivery) -> AbstractContextManager[object]:
        if self.inbox.handles(delivery.attributes.type):
            return handling(self.name, message.subject, delivery)
        return nullcontext()

    def _note_done(self, delivery: Delivery, began: float) -> None:
        if self.inbox.handles(delivery.attributes.type):
            self._count(delivery, Place.DONE, time.monotonic() - began)
            log_handled(self.name, delivery, began)

    @asynccontextmanager
    async def _kept_alive(self, batch: Sequence[Msg]) -> AsyncIterator[None]:
        """Renews the wait for the messages of a batch until they are acknowledged."""

        async def report() -> None:
            while True:
                await asyncio.sleep(self._ack_wait / 3)
                for message in batch:
                    if not message.is_acked:
                        await message.in_progress()

        reporting = asyncio.create_task(report())
        try:
            yield
        finally:
            reporting.cancel()

    async def _handle(self, message: Msg) -> None:
        try:
            self._signatures.verify(message.subject, message.headers, message.data)
            delivery = Delivery.of(message)
        except NotSigned as error:
            await self._bury(message, error, unsigned=True)
            return
        except MalformedEvent as error:
            await self._bury(message, error)
            return
        if not self.inbox.handles(delivery.attributes.type):
            await self._take(message, delivery)
            return
        with handling(self.name, message.subject, delivery) as event_span:
            began = time.monotonic()
            outcome = await self._take(message, delivery)
            self._count(delivery, outcome, time.monotonic() - began)
            if outcome is Place.DONE:
                log_handled(self.name, delivery, began)
            elif isinstance(outcome, Exception):
                failed(event_span, outcome)
            else:
                event_span.set_attribute("quanheng.standing", outcome.name)

    async def _take(self, message: Msg, delivery: Delivery) -> Place | Exception:
        """Handles an event or has it delivered again; returns its place, or the error."""
        try:
            place = await self.inbox.take(delivery)
        except Exception as error:
            if _passes(error, delivery.deliveries):
                await self._hold_back(message, delivery, error)
            else:
                # What a handler raises is counted and logged; in the end the event is given up.
                await self._failed(message, delivery, error)
            return error
        await self._acknowledge(message, delivery, place)
        return place

    def _count(self, delivery: Delivery, outcome: Place | Exception, seconds: float) -> None:
        event = delivery.attributes.type.rpartition(".")[2]
        named = _named(outcome, delivery.deliveries)
        EVENT_SECONDS.labels(self.name, event, named).observe(seconds)

    async def _acknowledge(self, message: Msg, delivery: Delivery, place: Place) -> None:
        if place is Place.DONE:
            await message.ack()
        elif place is Place.BURIED:
            await self._leave_buried(message, delivery)
        elif place is Place.CONTRADICTS:
            await self._bury(message, ValueError("another event had this place in the sequence"))
        else:
            await message.nak(delay=_delay(delivery.deliveries, first=0.1, last=2.0))

    async def _leave_buried(self, message: Msg, delivery: Delivery) -> None:
        """Leaves an event to the replay of its dead letter, which NATS may have lost meanwhile."""
        if await is_among_them(self._js, self.name, delivery.attributes.id):
            await message.ack()
        else:
            await self._bury(message, ValueError("given up earlier; its dead letter was lost"))

    async def _hold_back(self, message: Msg, delivery: Delivery, error: Exception) -> None:
        _LOG.warning("event held back", **self._about(delivery), error=describe(error))
        await message.nak(delay=_delay(delivery.deliveries, first=0.5, last=10.0))

    async def _failed(self, message: Msg, delivery: Delivery, error: Exception) -> None:
        attempts = await self.inbox.failed(delivery.attributes.id, error)
        if attempts >= self._max_attempts:
            await self._bury(message, error, delivery)
            return
        _LOG.warning(
            "event not handled",
            **self._about(delivery),
            attempts=attempts,
            error=describe(error),
            exc_info=error,
        )
        await message.nak(delay=_delay(attempts, first=0.2, last=30.0))

    async def _bury(
        self,
        message: Msg,
        error: Exception,
        delivery: Delivery | None = None,
        *,
        unsigned: bool = False,
    ) -> None:
        """Moves an event to the dead letters, and with a delivery lets later events pass it."""
        await bury(self._js, self.name, message, describe(error), unsigned=unsigned)
        if delivery is not None:
            await self.inbox.bury(delivery.attributes)
        await message.ack()
        EVENTS_GIVEN_UP.labels(self.name).inc()
        _LOG.error(
            "event given up: it is among the dead letters",
            consumer=self.name,
            stream=self.stream,
            stream_seq=_stream_seq(message),
            headers=message.headers,
            error=describe(error),
            exc_info=error,
        )

    def _about(self, delivery: Delivery) -> dict[str, object]:
        event = delivery.attributes
        return {
            "consumer": self.name,
            "event_id": str(event.id),
            "event_type": event.type,
            "aggregate": event.aggregate,
            "sequence": event.sequence,
        }


def _passes(error: Exception, deliveries: int) -> bool:
    """Whether an error says nothing of the event, and passes by itself."""
    if isinstance(error, TryLater | Away | WriterBusy):
        return True
    # Beside a newer release it passes with the replica that takes the event next. Where there is
    # none, as after an upgrade was taken back, somebody has to hear of it.
    newer = has_newer_value(error) and deliveries <= DELIVERIES_TO_NEWER
    return newer or is_full(error) or is_away(error)


def _named(outcome: Place | Exception, deliveries: int) -> str:
    if isinstance(outcome, Place):
        return outcome.name.lower()
    return "later" if _passes(outcome, deliveries) else "failed"


def _stream_seq(message: Msg) -> int:
    return message.metadata.sequence.stream


def _delay(times: int, *, first: float, last: float) -> float:
    """Seconds to wait after `times` attempts, doubling from `first` up to `last`."""
    return min(first * 2.0 ** min(times - 1, 16), last)


def _doubled(seconds: float, *, first: float, last: float) -> float:
    return min(max(2 * seconds, first), last)

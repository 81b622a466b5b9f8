"""The relay: publishes the events of the outbox to JetStream, in order within each aggregate.

Each event is published at least once. A page of events is sent at once as a chain: the stream takes
each event only if its last message has the number of the event before, so nothing passes an event
that was lost (ADR 0053). What a chain leaves over is sent in waves of one event per aggregate, each
after the acknowledgement of the previous one. The event id is the message id. A crash between the
acknowledgement and the mark in the outbox causes an event to be sent twice: the stream drops the
second copy, or the inbox does if the stream no longer remembers the id.

Each event is signed when it is published, not when it is committed: so the rows of the outbox hold
no signature of a key that has been replaced meanwhile. Published events stay in the outbox, from
which a stream that was lost is filled again (`refilling`).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import nats.errors
import sqlalchemy as sa
import structlog
from nats.js import JetStreamContext
from nats.js.api import Header, PubAck
from nats.js.errors import BadRequestError
from sqlalchemy.ext.asyncio import AsyncConnection

from plumbing.clock import Clock
from plumbing.database import Database, connection_of
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.acknowledgements import (
    acknowledged,
    forget_unsent,
    hearing_refusals,
    is_taken,
)
from plumbing.events.leadership import PUBLISHING, Leadership
from plumbing.events.observing import observe_publishing
from plumbing.events.outbox import RECORDED, Outbox
from plumbing.events.signing import SIGNATURE_HEADER, EventSigner, ForeignSubject
from plumbing.metrics.counted import EVENTS_PUBLISHED, RELAY_LEADER

BATCH = 500
WRITE_EVERY = 25
DATABASE_SECONDS = 20.0  # for one page; after that the database is taken to be away
LONGEST_REST_SECONDS = 0.02
FIRST_BACKOFF_SECONDS = 0.1
LAST_BACKOFF_SECONDS = 2.0

_LOG = structlog.get_logger()
_TABLE = Outbox.__table__  # type: ignore[attr-defined]
_PAGE = (
    sa.select(
        _TABLE.c.seq,
        _TABLE.c.event_id,
        _TABLE.c.aggregate,
        _TABLE.c.subject,
        _TABLE.c.headers,
        _TABLE.c.payload,
    )
    .where(_TABLE.c.published_at.is_(None), _TABLE.c.seq > sa.bindparam("after"))
    .order_by(_TABLE.c.seq)
    .limit(BATCH)
)
_NEWEST_MARK = sa.select(sa.func.max(_TABLE.c.published_at))
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True)
class _Pending:
    seq: int
    event_id: UUID
    aggregate: str
    subject: str
    headers: dict[str, str]
    payload: bytes


Sent = tuple[_Pending, "asyncio.Future[PubAck]"]


@dataclass
class Drained:
    """The result of publishing the outbox once.

    `held` contains the aggregates whose publishing stopped at a failure.
    """

    published: int = 0
    held: set[str] = field(default_factory=set)
    stalled: bool = False  # NATS did not answer; the rest of the outbox was not tried
    error: BaseException | None = None  # the first failure


class Relay:
    """Publishes the outbox of one database; only the leader among the replicas does so (D-11)."""

    def __init__(
        self,
        database: Database,
        js: JetStreamContext,
        signer: EventSigner,
        clock: Clock,
        *,
        poll_seconds: float = 1.0,
    ) -> None:
        self._database = database
        self._js = hearing_refusals(js)
        self._signer = signer
        self._clock = clock
        self._poll_seconds = poll_seconds
        self._leadership = Leadership(database, PUBLISHING)
        self._nudged = asyncio.Event()
        self._backoff = 0.0
        self._marked_at: datetime | None = None  # the newest mark; None until it was looked up
        self._end: int | None = None  # the number of the stream's last message; None if not known

    def nudge(self) -> None:
        """Makes the relay publish committed events now instead of at its next poll."""
        self._nudged.set()

    async def run(self) -> None:
        """Publishes events until cancelled; retries while NATS or the database is unavailable."""
        async with self._noticing_commits():
            try:
                while True:
                    await self._turn()
            finally:
                await self._leadership.release()

    async def drain(self) -> Drained:
        """Publishes all unpublished events once, without retries; returns the result.

        May raise an exception group of the errors in DATABASE_AWAY.
        """
        forget_unsent(self._js)
        drained = Drained()
        published: list[int] = []
        page = await self._page(0)
        while page or published:
            after = page[-1].seq if len(page) == BATCH else None
            async with asyncio.TaskGroup() as group:  # read ahead and mark behind the publishing
                following = group.create_task(self._page(after))
                group.create_task(self._mark(published))
                publishing = group.create_task(self._publish(page, drained))
            published = publishing.result()
            page = [] if drained.stalled else following.result()
        return drained

    async def _turn(self) -> None:
        self._nudged.clear()
        began = time.monotonic()
        try:
            leads = await self._leads()
            if not leads:
                self._marked_at = None  # another replica marks
            drained = await self.drain() if leads else Drained()
            error = drained.error
        except* DATABASE_AWAY as group:
            error = group
        if error is None:
            self._backoff = 0.0
            # At most half of the time, so that the events of many commits share a page and a mark.
            await asyncio.sleep(min(time.monotonic() - began, LONGEST_REST_SECONDS))
            await self._wait_for_nudge()
        else:
            await self._back_off(error)

    async def _leads(self) -> bool:
        leads = False  # where the database is away too
        try:
            leads = await self._leadership.held()
        finally:
            RELAY_LEADER.set(leads)
        return leads

    async def _wait_for_nudge(self) -> None:
        try:
            async with asyncio.timeout(self._poll_seconds):
                await self._nudged.wait()
        except TimeoutError:
            return

    async def _back_off(self, error: BaseException) -> None:
        """Waits even if events are committed meanwhile, so that NATS gets time to return."""
        doubled = max(2 * self._backoff, FIRST_BACKOFF_SECONDS)
        self._backoff = min(doubled, LAST_BACKOFF_SECONDS)
        _LOG.warning("outbox not published, trying again", error=repr(error), after=self._backoff)
        await asyncio.sleep(self._backoff)

    @asynccontextmanager
    async def _noticing_commits(self) -> AsyncIterator[None]:
        # A session returns its connection only after its commit or rollback has ended.
        engine = self._database.engine.sync_engine

        def returned(_connection: Any, record: Any) -> None:
            if record.info.pop(RECORDED, False):
                self.nudge()

        sa.event.listen(engine, "checkin", returned)
        try:
            yield
        finally:
            sa.event.remove(engine, "checkin", returned)

    async def _page(self, after: int | None) -> list[_Pending]:
        if after is None:
            return []
        async with asyncio.timeout(DATABASE_SECONDS), self._database.snapshot() as session:
            connection = await connection_of(session)
            rows = await connection.execute(_PAGE, {"after": after})
            return [_Pending(*row) for row in rows]

    async def _mark(self, published: Collection[int]) -> None:
        if not published:
            return
        marked = sa.update(_TABLE).where(_TABLE.c.seq.in_(published))
        async with asyncio.timeout(DATABASE_SECONDS), self._database.transaction() as session:
            connection = await connection_of(session)
            mark = await self._next_mark(connection)
            await connection.execute(marked.values(published_at=mark))
        self._marked_at = mark

    async def _next_mark(self, connection: AsyncConnection) -> datetime:
        """The time now, but later than every mark before, also where the clock was set back.

        By the order of the marks `refilling` finds what a stream has lost.
        """
        if self._marked_at is None:
            newest = await connection.execute(_NEWEST_MARK)
            self._marked_at = newest.scalar_one()
        now = self._clock.now()
        return now if self._marked_at is None else max(now, self._marked_at + _TICK)

    async def _publish(self, page: Sequence[_Pending], drained: Drained) -> list[int]:
        """Publishes a page; returns the `seq` of each event that the stream has taken."""
        events = [event for event in page if event.aggregate not in drained.held]
        published = await self._wave(events[:1], drained) if self._end is None else []
        taken, rest = await self._chain(events[len(published) :], drained)
        published += taken
        queues: dict[str, deque[_Pending]] = {}
        for event in rest:
            queues.setdefault(event.aggregate, deque()).append(event)
        while queues and not drained.stalled:
            published += await self._wave([queue.popleft() for queue in queues.values()], drained)
            queues = {a: queue for a, queue in queues.items() if queue and a not in drained.held}
        drained.published += len(published)
        EVENTS_PUBLISHED.inc(len(published))
        return published

    async def _chain(
        self, events: Sequence[_Pending], drained: Drained
    ) -> tuple[list[int], list[_Pending]]:
        """Sends events so that each is taken only directly after the one sent before.

        Returns the `seq` of each event taken, and the events left over: all of them if the number
        of the stream's last message is not known. An event that cannot be sent holds its aggregate.
        """
        end, self._end = self._end, None
        if end is None:
            return [], [event for event in events if event.aggregate not in drained.held]
        sent: list[Sent] = []
        for event in events:
            if event.aggregate in drained.held:
                continue
            ack = await self._send(event, after=end + len(sent))
            if ack.done() and (error := ack.exception()):
                _hold(drained, event, error)
                continue
            sent.append((event, ack))
            await _let_write(len(sent))
        await acknowledged([ack for _, ack in sent])
        if any(ack.cancelled() for _, ack in sent):
            drained.stalled, drained.error = True, drained.error or nats.errors.TimeoutError()
        taken = [event.seq for event, ack in sent if is_taken(ack)]
        if len(taken) == len(sent):
            self._end = end + len(sent)
        return taken, [event for event, ack in sent if not is_taken(ack)]

    async def _wave(self, events: Sequence[_Pending], drained: Drained) -> list[int]:
        sent: list[Sent] = []
        for event in events:
            sent.append((event, await self._send(event)))
            await _let_write(len(sent))
        await acknowledged([ack for _, ack in sent])
        published = []
        errors = await asyncio.gather(*(self._error(event, ack) for event, ack in sent))
        for (event, _), error in zip(sent, errors, strict=True):
            if error is None:
                published.append(event.seq)
            else:
                _hold(drained, event, error)
        return published

    async def _error(self, event: _Pending, ack: asyncio.Future[PubAck]) -> BaseException | None:
        """Why an event is not in the stream; None if it is.

        JetStream knows the ids of messages for a while after a stream was emptied, and then drops
        what is published again: such an event is sent once more with another message id, and again
        if that message is gone too.
        """
        error = nats.errors.TimeoutError() if ack.cancelled() else ack.exception()
        if error is not None:
            return error
        known = ack.result()
        try:
            while known.duplicate and await self._is_gone(known):
                headers = self._headers(event, f"{event.event_id}.{known.seq}")
                known = await self._js.publish(event.subject, event.payload, headers=headers)
        except (nats.errors.Error, TimeoutError) as failed:
            return failed
        if not known.duplicate:
            self._end = max(self._end or 0, known.seq)
        return None

    async def _is_gone(self, known: PubAck) -> bool:
        """Whether a stream was emptied after it took a message."""
        return (await self._js.stream_info(known.stream)).state.first_seq > known.seq

    def _headers(self, event: _Pending, message_id: str) -> dict[str, str]:
        signature = self._signer.sign(event.subject, event.headers, event.payload)
        return {**event.headers, Header.MSG_ID: message_id, SIGNATURE_HEADER: signature}

    async def _send(self, event: _Pending, after: int | None = None) -> asyncio.Future[PubAck]:
        """Sends an event, to be taken only directly after message `after` if that is given."""
        try:
            headers = self._headers(event, str(event.event_id))
            if after is not None:
                headers[Header.EXPECTED_LAST_SEQUENCE] = str(after)
            ack = await self._js.publish_async(event.subject, event.payload, headers=headers)
        except (nats.errors.Error, ForeignSubject) as error:
            ack = asyncio.get_running_loop().create_future()
            ack.set_exception(error)
        observe_publishing(event.headers, event.subject, ack)
        return ack


async def _let_write(number: int) -> None:
    """Lets the client write now and then, so that NATS works while further events are encoded."""
    if number % WRITE_EVERY == 0:
        await asyncio.sleep(0)


def _hold(drained: Drained, event: _Pending, error: BaseException) -> None:
    drained.held.add(event.aggregate)
    drained.error = drained.error or error
    # A refusal concerns only this event; any other error means that NATS is away.
    refused = isinstance(error, (BadRequestError, nats.errors.MaxPayloadError, ForeignSubject))
    drained.stalled = drained.stalled or not refused

"""Removes old events from the outbox and the stream of a service, and from its inbox.

An event is needed until every consumer of the stream has acknowledged it: also for a consumer that
is away, and although NATS may lose its store, which is filled again from the outbox. A dead letter
is lost with that store too, and a backup has none. So the outbox loses only events that are older
than they are kept, than the first that a consumer still waits for, and than any that was given up
and not handled since. The stream follows. An inbox must know whatever a stream may bring again; so
it forgets only what is older than the oldest event of the stream.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.events.access import CONSUMERS
from plumbing.events.dead_letters import dead_letters
from plumbing.events.envelope import Attributes, MalformedEvent
from plumbing.events.inbox import InboxEvent
from plumbing.events.inspection import dead_letter_counts
from plumbing.events.outbox import Outbox
from plumbing.events.subjects import SUBJECTS, Stream, stream_of
from plumbing.pruning.portions import Paused, in_portions

# An event is handled after it was committed; this much more allows for clocks that differ.
LEEWAY = timedelta(days=1)
_LOG = structlog.get_logger()


class EventPruner:
    """Removes the old events of one service; `kept` is how long events are kept at least."""

    def __init__(
        self, database: Database, js: JetStreamContext, service: str, clock: Clock, kept: timedelta
    ) -> None:
        self._database, self._js, self._service = database, js, service
        self._clock, self._kept = clock, kept

    async def prune(self, paused: Paused) -> dict[str, int]:
        """Removes what is no longer needed; returns how much, by table and for the stream.

        Removes no published event while a consumer is not known to NATS or the stream is empty.
        Raises nats.errors.Error if NATS fails.
        """
        removed = {"outbox": 0, "stream": 0, "inbox": 0}
        if limit := await self._limit():
            removed["outbox"] = await self._prune_outbox(limit, paused)
            removed["stream"] = await self._prune_stream(limit)
        for consumer, stream in CONSUMERS[self._service].items():
            removed["inbox"] += await self._prune_inbox(consumer, stream, paused)
        return removed

    async def _limit(self) -> datetime | None:
        """The moment before which events are needed no more; None if that is not known."""
        own = stream_of(self._service)
        readers = {info.name: info for info in await self._js.consumers_info(own)}
        if unknown := _readers_of(own) - readers.keys():
            _LOG.info("events are kept: a consumer is not there", consumers=sorted(unknown))
            return None
        if not (await self._js.stream_info(own)).state.messages:
            return None
        old = self._clock.now() - self._kept
        waiting = [seq for info in readers.values() if (seq := _waits_for(info)) is not None]
        first = await _time_from(self._js, own, min(waiting)) if waiting else None
        given_up = [at async for at in self._given_up(own)]
        return min([old, *([first] if first else []), *given_up])

    async def _given_up(self, stream: Stream) -> AsyncIterator[datetime]:
        """When the events were committed that are dead letters now."""
        for reader in _readers_of(stream):
            async for letter in dead_letters(self._js, reader):
                if letter.attributes is not None:
                    yield letter.attributes.time

    async def _prune_outbox(self, limit: datetime, paused: Paused) -> int:
        # The newest row stays: SQLite would give its number to the next event.
        newest = sa.select(sa.func.max(col(Outbox.seq))).scalar_subquery()
        old = sa.select(col(Outbox.seq)).where(
            col(Outbox.published_at).is_not(None),
            col(Outbox.created_at) < limit,
            col(Outbox.seq) < newest,
        )
        return await in_portions(self._database, old.order_by(col(Outbox.seq)), _forget, paused)

    async def _prune_stream(self, limit: datetime) -> int:
        """Purges the events of before `limit`; the last one stays, from which a refill begins."""
        own = stream_of(self._service)
        state = (await self._js.stream_info(own)).state
        low, high = state.first_seq, state.last_seq
        while low < high:
            middle = (low + high) // 2
            at = await _time_from(self._js, own, middle)
            low, high = (middle + 1, high) if at and at < limit else (low, middle)
        if low > state.first_seq:
            await self._js.purge_stream(own, seq=low)
        return low - state.first_seq

    async def _prune_inbox(self, consumer: str, stream: Stream, paused: Paused) -> int:
        if (await dead_letter_counts(self._js)).get(consumer):
            return 0  # one of them may be handled again
        state = (await self._js.stream_info(stream)).state
        oldest = await _time_from(self._js, stream, state.first_seq) if state.messages else None
        if oldest is None:
            return 0
        old = sa.select(col(InboxEvent.consumer), col(InboxEvent.event_id)).where(
            col(InboxEvent.consumer) == consumer,
            col(InboxEvent.handled_at) < min(oldest, self._clock.now() - self._kept) - LEEWAY,
        )
        return await in_portions(self._database, old, _forget_handled, paused)


def _readers_of(stream: Stream) -> set[str]:
    return {
        name
        for consumers in CONSUMERS.values()
        for name, source in consumers.items()
        if source is stream
    }


def _waits_for(info: ConsumerInfo) -> int | None:
    """The number of the first event that a consumer has not acknowledged; None without any."""
    if not info.num_pending and not info.num_ack_pending:
        return None
    return (info.ack_floor.stream_seq if info.ack_floor else 0) + 1


async def _time_from(js: JetStreamContext, stream: Stream, seq: int) -> datetime | None:
    """When the first event of a stream from `seq` on was committed; None if there is none."""
    try:
        raw = await js.get_msg(stream, seq=seq, subject=SUBJECTS[stream], next=True)
    except NotFoundError:
        return None
    try:
        return Attributes.read(raw.headers or {}).time
    except MalformedEvent:
        return raw.time  # what somebody else has put there


async def _forget(session: AsyncSession, keys: Sequence[Any]) -> None:
    numbers = [seq for (seq,) in keys]
    await session.exec(sa.delete(Outbox).where(col(Outbox.seq).in_(numbers)))


async def _forget_handled(session: AsyncSession, keys: Sequence[Any]) -> None:
    consumer, ids = keys[0][0], [event_id for _, event_id in keys]
    await session.exec(
        sa.delete(InboxEvent).where(
            col(InboxEvent.consumer) == consumer, col(InboxEvent.event_id).in_(ids)
        )
    )

"""Fills a stream again from the outbox: one that was lost, or set back, or is unsigned.

Published events stay in the outbox until every consumer has them, and for some time more. An inbox
ignores an event that it has already handled.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import sqlalchemy as sa
import structlog
from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import WrongState
from plumbing.chunks import chunks
from plumbing.database import Database
from plumbing.events.envelope import Attributes
from plumbing.events.leadership import PUBLISHING, Leadership, exclusively
from plumbing.events.outbox import AggregateSequence, Outbox
from plumbing.events.signing import Signatures
from plumbing.events.subjects import Stream, stream_of

LOOKS, PAUSE_SECONDS = 300, 0.1
REST_LOOKS, QUIET_LOOKS = 100, 55  # a consumer that was interrupted pauses for up to 5 s
LOOKED_AT_ONCE = 100  # events of a stream
ROWS_PER_UPDATE = 500
_UNPUBLISHED = col(Outbox.published_at).is_(None)
_PUBLISH_AGAIN = sa.update(Outbox).values(published_at=None)
_AHEAD = (
    "the stream is ahead of the database, which was restored to an earlier moment: the stream is"
    " emptied and filled from the database; see whether all agree with: quanheng check"
)
_UNKNOWN = "the restored database does not know this event, which was published"
_LOG = structlog.get_logger()


async def refill(
    database: Database,
    js: JetStreamContext,
    service: str,
    signatures: Signatures,
    *,
    everything: bool = False,
) -> int:
    """Marks the events that the service's stream has lost as unpublished; returns how many.

    A stream whose first event has no valid signature is emptied before: its events are from a
    release that signed none, or were signed with a key that is no longer known. They are published,
    and signed, again. So is a stream that ends with an event which the database does not know,
    because an older state of the database was restored. Call it before the relay starts, or with
    `everything`: a relay that runs may have published new events behind those that were lost.
    Raises nats.errors.Error if NATS fails.
    """
    stream = stream_of(service)
    under_way: Sequence[int | None] = ()
    async with database.long_transaction() as session:
        await exclusively(session, "refill")
        if await _is_of_no_use(session, js, stream, signatures):
            last = None
            async with _others_publish(database) as others:
                await js.purge_stream(stream)
                if others:
                    under_way = await _unpublished(session)
        else:
            last = await _last_event(js, stream, signatures)
        if everything:
            under_way = await _unpublished(session)
        lost = await _lost(session, None if everything else last)
        marked = await session.exec(_PUBLISH_AGAIN.where(lost))
    await _publish_once_more(database, under_way)
    if marked.rowcount:
        _LOG.warning("the stream lacks events, they are published again", events=marked.rowcount)
    return marked.rowcount


async def empty_and_refill(database: Database, js: JetStreamContext, service: str) -> int:
    """Empties the stream of a service and marks all its events as unpublished; returns how many.

    May be called while relays run, also those of other replicas. Raises nats.errors.Error if NATS
    fails.
    """
    async with database.long_transaction() as session:
        await exclusively(session, "refill")
        await js.purge_stream(stream_of(service))
        under_way = await _unpublished(session)
        marked = await session.exec(_PUBLISH_AGAIN.where(~_UNPUBLISHED))
    await _publish_once_more(database, under_way)
    return marked.rowcount + len(under_way)


async def _is_of_no_use(
    session: AsyncSession, js: JetStreamContext, stream: Stream, signatures: Signatures
) -> bool:
    """Whether a stream has to be emptied, and says in the log why."""
    if await begins_unsigned(js, stream, signatures):
        _LOG.warning("the stream begins with an unsigned event, it is emptied", stream=stream)
        return True
    last = await _last_event(js, stream, signatures)
    if last is None or not await _is_unknown(session, last):
        return False
    for event in await _unknown(session, js, stream, signatures):
        _LOG.error(_UNKNOWN, stream=stream, **_about(event))
    _LOG.error(_AHEAD, stream=stream)
    return True


async def _unpublished(session: AsyncSession) -> Sequence[int | None]:
    """The events that a relay may just have published, and marks only after this transaction."""
    return (await session.exec(select(col(Outbox.seq)).where(_UNPUBLISHED))).all()


@asynccontextmanager
async def _others_publish(database: Database) -> AsyncIterator[bool]:
    """Whether another replica publishes; if none does, none begins meanwhile."""
    publishing = Leadership(database, PUBLISHING)
    try:
        yield not await publishing.held()
    finally:
        await publishing.release()


async def prepare(
    database: Database,
    js: JetStreamContext,
    service: str,
    signatures: Signatures,
    tell: Callable[[list[Attributes]], None],
) -> None:
    """Empties the stream of a service that does not run, after its database was set back.

    Otherwise consumers that start before the owner could take events which the databases no longer
    know. `tell` is given those, the oldest first, before they are gone; the owner publishes the
    others when it starts. Raises WrongState while the owner or a consumer runs, and
    nats.errors.Error if NATS fails.
    """
    stream = stream_of(service)
    async with _owner_at_rest(database, service):
        try:
            await _require_rest(js, stream)
        except NotFoundError:
            tell([])
            return
        async with database.snapshot() as session:
            unknown = await _unknown(session, js, stream, signatures)
        tell(unknown)
        await js.purge_stream(stream)


@asynccontextmanager
async def _owner_at_rest(database: Database, service: str) -> AsyncIterator[None]:
    """Publishes in place of the owner, which does not meanwhile; raises WrongState if it runs.

    What it published before would be lost to consumers: it publishes that again at a start only.
    """
    async with _others_publish(database) as others:
        if others:
            raise WrongState(
                f"{service} 正在运行：请先停止全部服务",
                f"{service} runs: stop all services first",
            )
        yield


async def _require_rest(js: JetStreamContext, stream: Stream) -> None:
    """Raises WrongState unless nobody asks for events for longer than a consumer pauses.

    What one that has ended had asked for counts for a second longer.
    """
    asking, quiet = set[str](), 0
    for _ in range(REST_LOOKS):
        now = {info.name for info in await js.consumers_info(stream) if info.num_waiting}
        asking, quiet = (asking | now, 0) if now else (asking, quiet + 1)
        if quiet == QUIET_LOOKS:
            return
        await asyncio.sleep(PAUSE_SECONDS)
    names = ", ".join(sorted(asking))
    raise WrongState(
        f"{names} 还在接收 {stream} 的事件：请先停止全部服务",
        f"{names} still takes events of {stream}: stop all services first",
    )


async def _publish_once_more(database: Database, seqs: Sequence[int | None]) -> None:
    """Marks events as unpublished once a relay has marked them, or has not for half a minute.

    It is half a minute for all of them together.
    """
    left = LOOKS
    for chunk in chunks([*seqs], ROWS_PER_UPDATE):
        chosen = col(Outbox.seq).in_(chunk)
        waiting = select(Outbox.seq).where(chosen, _UNPUBLISHED).limit(1)
        while left:
            async with database.snapshot() as session:
                if (await session.exec(waiting)).first() is None:
                    break
            left -= 1
            await asyncio.sleep(PAUSE_SECONDS)
        async with database.transaction() as session:
            await session.exec(_PUBLISH_AGAIN.where(chosen))


async def _is_unknown(session: AsyncSession, event: Attributes) -> bool:
    """Whether the database has never given the number of an event."""
    known = await session.get(AggregateSequence, event.aggregate)
    return event.sequence > (known.last_seq if known else 0)


async def _unknown(
    session: AsyncSession, js: JetStreamContext, stream: Stream, signatures: Signatures
) -> list[Attributes]:
    """The events of a stream that the database does not know, the oldest first.

    They are at its end: it is looked at backwards until a hundred in a row are known.
    """
    state, found = (await js.stream_info(stream)).state, list[Attributes]()
    following = state.last_seq + 1
    while state.messages and following > state.first_seq:
        first = max(following - LOOKED_AT_ONCE, state.first_seq)
        stored = await asyncio.gather(
            *(_stored(js, stream, seq) for seq in range(first, following))
        )
        events = [
            Attributes.read(one.headers) for one in stored if one and _signed(one, signatures)
        ]
        unknown = [event for event in events if await _is_unknown(session, event)]
        if not unknown:
            break
        found, following = [*unknown, *found], first
    return found


def _about(event: Attributes) -> dict[str, object]:
    return {
        "event_type": event.type,
        "aggregate": event.aggregate,
        "number": event.sequence,
        "at": event.time.isoformat(),
    }


async def _lost(session: AsyncSession, last: Attributes | None) -> sa.ColumnElement[bool]:
    """The events published after the last one that the stream holds; all if it holds none.

    All events of a page are marked with one moment. Events are known to be lost only when some were
    marked later; then events of the last event's own page may be lost too.
    """
    published = col(Outbox.published_at)
    if last is None:
        return published.is_not(None)
    row = (await session.exec(select(Outbox).where(col(Outbox.event_id) == last.id))).first()
    if row is None:  # it was pruned, or the database is older than the stream
        return sa.and_(published.is_not(None), col(Outbox.created_at) > last.time)
    mark = row.published_at
    if mark is None:
        return sa.false()  # published and not marked yet, so it was the last one
    later = (await session.exec(select(Outbox.seq).where(published > mark).limit(1))).first()
    return sa.false() if later is None else published >= mark


async def begins_unsigned(js: JetStreamContext, stream: Stream, signatures: Signatures) -> bool:
    """Returns whether the first event of a stream has no valid signature; False if it is empty."""
    state = (await js.stream_info(stream)).state
    first = await _stored(js, stream, state.first_seq) if state.messages else None
    return first is not None and not _signed(first, signatures)


async def _last_event(
    js: JetStreamContext, stream: Stream, signatures: Signatures
) -> Attributes | None:
    """The last event that the service itself published; None if there is none."""
    state = (await js.stream_info(stream)).state
    if not state.messages:
        return None
    for seq in range(state.last_seq, state.first_seq - 1, -1):
        message = await _stored(js, stream, seq)
        if message is not None and _signed(message, signatures):
            return Attributes.read(message.headers)
    return None


async def _stored(js: JetStreamContext, stream: Stream, seq: int) -> RawStreamMsg | None:
    try:
        return await js.get_msg(stream, seq)
    except NotFoundError:
        return None  # deleted meanwhile


def _signed(message: RawStreamMsg, signatures: Signatures) -> bool:
    return signatures.signed(message.subject or "", message.headers, message.data or b"")

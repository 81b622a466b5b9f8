"""A stream that was lost, or set back to an earlier state, is filled again from the outbox.

The outbox keeps what was published, so an empty or older NATS store costs nothing: what the stream
lacks is published again, and the inbox of whoever had it already lets it pass without effect.
"""

from __future__ import annotations

from uuid import UUID

import sqlalchemy as sa
import structlog
from nats.js import JetStreamContext
from nats.js.api import Header
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import Database
from plumbing.events.outbox import Outbox
from plumbing.events.subjects import Stream

_LOG = structlog.get_logger()


async def refill(database: Database, js: JetStreamContext, service: str) -> int:
    """Marks as unpublished what the service's stream has lost; returns how many events.

    To be called before the relay starts. Raises nats.errors.Error.
    """
    last = await _last_event(js, Stream[service.upper()])
    async with database.transaction() as session:
        lost = await _lost(session, last)
        taken = await session.exec(sa.update(Outbox).where(lost).values(published_at=None))
    if taken.rowcount:
        _LOG.warning("the stream lacks events, they are published again", events=taken.rowcount)
    return taken.rowcount


async def _lost(session: AsyncSession, last: UUID | None) -> sa.ColumnElement[bool]:
    """The events published after the last one that the stream holds; all where it holds none.

    A page of events is marked at one moment. Only when some were marked later is something known
    to be lost, and then perhaps a part of the last event's own page too.
    """
    published = col(Outbox.published_at)
    if last is None:
        return published.is_not(None)
    mark = (await session.exec(select(published).where(col(Outbox.event_id) == last))).first()
    if mark is None:
        return sa.false()  # published and not yet marked: it was the last there is
    later = (await session.exec(select(Outbox.seq).where(published > mark).limit(1))).first()
    return sa.false() if later is None else published >= mark


async def _last_event(js: JetStreamContext, stream: Stream) -> UUID | None:
    state = (await js.stream_info(stream)).state
    if not state.messages:
        return None
    headers = (await js.get_msg(stream, state.last_seq)).headers or {}
    return UUID(headers[Header.MSG_ID])

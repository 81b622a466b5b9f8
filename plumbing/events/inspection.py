"""How many events wait or fail: the figures that `quanheng check` shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from nats.js import JetStreamContext
from sqlmodel import col, select

from plumbing.database import Database
from plumbing.events.inbox import InboxFailure
from plumbing.events.outbox import Outbox
from plumbing.events.subjects import SUBJECTS, Stream, dead_letter_subject


@dataclass(frozen=True)
class Pending:
    """Events that are committed but not published, and the time of the oldest."""

    count: int
    oldest: datetime | None


@dataclass(frozen=True)
class Lag:
    """How far a consumer is behind its stream, in events."""

    stream: str
    consumer: str
    waiting: int  # not delivered yet
    unacknowledged: int  # delivered, but in progress, held back for order, or failing


async def outbox_pending(database: Database) -> Pending:
    """The events that the relay of a database has still to publish."""
    async with database.snapshot() as session:
        pending = select(sa.func.count(), sa.func.min(Outbox.created_at)).where(
            col(Outbox.published_at).is_(None)
        )
        count, oldest = (await session.exec(pending)).one()
        return Pending(count, oldest)


async def consumer_lags(js: JetStreamContext) -> list[Lag]:
    """The lag of every durable consumer of every stream. Raises nats.errors.Error."""
    return [
        Lag(stream, info.name, info.num_pending or 0, info.num_ack_pending or 0)
        for stream in SUBJECTS
        for info in await js.consumers_info(stream)
    ]


async def dead_letter_counts(js: JetStreamContext) -> dict[str, int]:
    """The number of dead letters of each consumer that has any. Raises nats.errors.Error."""
    info = await js.stream_info(Stream.DEAD_LETTERS, subjects_filter=SUBJECTS[Stream.DEAD_LETTERS])
    prefix = dead_letter_subject("x")[:-1]
    return {s.removeprefix(prefix): count for s, count in (info.state.subjects or {}).items()}


async def failures(database: Database) -> Sequence[InboxFailure]:
    """The events whose handling failed in the consumers of a database, latest first."""
    async with database.snapshot() as session:
        latest_first = select(InboxFailure).order_by(col(InboxFailure.at).desc())
        return (await session.exec(latest_first)).all()

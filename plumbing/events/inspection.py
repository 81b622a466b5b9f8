"""Counts the events that are waiting or have failed, for the command `quanheng check`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError
from sqlmodel import col, select

from plumbing.database import Database
from plumbing.events.inbox import InboxFailure
from plumbing.events.outbox import Outbox
from plumbing.events.subjects import SUBJECTS, UNSIGNED, Stream, dead_letter_subject

_OF_UNSIGNED = f".{UNSIGNED}"


@dataclass(frozen=True)
class Pending:
    """The number of events committed but not yet published, and the time of the oldest one.

    `oldest` is None if there are no such events.
    """

    count: int
    oldest: datetime | None


@dataclass(frozen=True)
class Lag:
    """The number of events in a stream that a consumer has not yet received or acknowledged."""

    stream: str
    consumer: str
    waiting: int  # not delivered yet
    unacknowledged: int  # delivered, but in progress, held back for order, or failing


async def outbox_pending(database: Database) -> Pending:
    """Returns the number of unpublished events in a database's outbox and the oldest one's time."""
    async with database.snapshot() as session:
        pending = select(sa.func.count(), sa.func.min(Outbox.created_at)).where(
            col(Outbox.published_at).is_(None)
        )
        count, oldest = (await session.exec(pending)).one()
        return Pending(count, oldest)


async def consumer_lags(
    js: JetStreamContext, streams: Iterable[str] = tuple(SUBJECTS)
) -> list[Lag]:
    """Returns how many events every durable consumer of the streams has still to handle.

    Raises nats.errors.Error if NATS fails.
    """
    return [
        Lag(stream, info.name, info.num_pending or 0, info.num_ack_pending or 0)
        for stream in streams
        for info in await js.consumers_info(stream)
    ]


async def missing_streams(js: JetStreamContext, streams: Iterable[str]) -> list[str]:
    """Returns those of the streams that NATS does not have, in order of their names.

    A stream is made by the first start of the service that owns it. Raises nats.errors.Error if
    NATS fails.
    """
    return [stream for stream in sorted(streams) if not await _exists(js, stream)]


async def _exists(js: JetStreamContext, stream: str) -> bool:
    try:
        await js.stream_info(stream)
    except NotFoundError:
        return False
    return True


async def dead_letter_counts(js: JetStreamContext) -> dict[str, int]:
    """Returns the number of dead letters by consumer name; consumers without any are left out.

    Unsigned messages are not among them. Raises nats.errors.Error if NATS fails.
    """
    counts = await _letters_by_name(js)
    return {name: count for name, count in counts.items() if not name.endswith(_OF_UNSIGNED)}


async def unsigned_counts(js: JetStreamContext) -> dict[str, int]:
    """Returns the number of messages refused as unsigned by consumer name, of those with any.

    Raises nats.errors.Error if NATS fails.
    """
    counts = await _letters_by_name(js)
    return {
        name.removesuffix(_OF_UNSIGNED): count
        for name, count in counts.items()
        if name.endswith(_OF_UNSIGNED)
    }


async def _letters_by_name(js: JetStreamContext) -> dict[str, int]:
    every = SUBJECTS[Stream.DEAD_LETTERS]
    try:
        info = await js.stream_info(Stream.DEAD_LETTERS, subjects_filter=every)
    except NotFoundError:
        return {}
    prefix = dead_letter_subject("x")[:-1]
    return {s.removeprefix(prefix): count for s, count in (info.state.subjects or {}).items()}


async def failures(database: Database) -> Sequence[InboxFailure]:
    """Returns the events that consumers of a database failed to handle, latest failure first."""
    async with database.snapshot() as session:
        latest_first = select(InboxFailure).order_by(col(InboxFailure.at).desc())
        return (await session.exec(latest_first)).all()

"""Finds a consumer that lacks an event which is no longer kept, so that it waits for it for ever.

Events are kept until every consumer has acknowledged them. Only a database from a backup that is
older than events are kept, or a consumer that NATS has lost for so long, can lack one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo
from nats.js.errors import NotFoundError

from plumbing.database import Database
from plumbing.events.envelope import Attributes, MalformedEvent
from plumbing.events.inbox import InboxPosition
from plumbing.events.subjects import SUBJECTS, Stream


@dataclass(frozen=True)
class Gap:
    """An event that a consumer cannot handle: the one before it is not kept any more.

    `lacks` is the number of the first event of the aggregate that the consumer lacks.
    """

    consumer: str
    aggregate: str
    lacks: int


async def gaps(
    database: Database, js: JetStreamContext, consumers: Mapping[str, str]
) -> Sequence[Gap]:
    """Returns the gaps of a service's consumers, given by name with the stream of each.

    A consumer to which events are still on their way has none. Raises nats.errors.Error if NATS
    fails.
    """
    found = []
    for name, stream in consumers.items():
        with suppress(NotFoundError):  # it has not subscribed yet
            info = await js.consumer_info(stream, name)
            found.append(await _gap(database, js, Stream(stream), info))
    return [gap for gap in found if gap]


async def _gap(
    database: Database, js: JetStreamContext, stream: Stream, info: ConsumerInfo
) -> Gap | None:
    if info.num_pending or not info.num_ack_pending or info.ack_floor is None:
        return None
    event = await _next(js, stream, info.ack_floor.stream_seq + 1)
    if event is None:
        return None
    async with database.snapshot() as session:
        position = await session.get(InboxPosition, (info.name, event.aggregate))
    last = position.last_seq if position else 0
    # Whatever came before it in the stream was acknowledged, so nothing can fill this gap.
    return Gap(info.name, event.aggregate, last + 1) if event.sequence > last + 1 else None


async def _next(js: JetStreamContext, stream: Stream, seq: int) -> Attributes | None:
    try:
        raw = await js.get_msg(stream, seq=seq, subject=SUBJECTS[stream], next=True)
        return Attributes.read(raw.headers or {})
    except (NotFoundError, MalformedEvent):
        return None

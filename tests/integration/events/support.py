"""Helpers for the tests of events: an event to send, an effect to count, a condition to await."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import nats.errors
import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import Database
from plumbing.events.envelope import Received
from plumbing.events.inbox import EventHandler
from plumbing.events.outbox import record
from protos.registry.v1.events_pb2 import BureausChanged
from tests.patience import PATIENCE_SECONDS

AT = datetime(2026, 9, 14, 8, 0, tzinfo=UTC)

EFFECTS = sa.Table(
    "effects",
    sa.MetaData(),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("event_id", sa.Uuid),
    sa.Column("aggregate", sa.String),
    sa.Column("sequence", sa.Integer),
)


@dataclass(frozen=True)
class Effect:
    event_id: UUID
    aggregate: str
    sequence: int


def event(ground: str = "") -> BureausChanged:
    message = BureausChanged()
    message.change.ground = ground
    return message


async def announce(session: AsyncSession, aggregate: str, ground: str = "") -> UUID:
    """Records one event of an aggregate in the caller's transaction."""
    return await record(
        session,
        event(ground),
        aggregate=aggregate,
        bureau="330106",
        at=AT,
        on_behalf_of="account/test",
    )


async def announced(database: Database, *aggregates: str) -> list[UUID]:
    """Commits one event for each name, in that order."""
    async with database.transaction() as session:
        return [await announce(session, aggregate) for aggregate in aggregates]


async def prepare_effects(database: Database) -> None:
    async with database.engine.begin() as connection:
        await connection.run_sync(EFFECTS.metadata.create_all)


async def have_effect(session: AsyncSession, received: Received[BureausChanged]) -> None:
    """Has an effect that shows whether an event was handled twice or out of order."""
    await session.exec(
        sa.insert(EFFECTS).values(
            event_id=received.id, aggregate=received.aggregate, sequence=received.sequence
        )
    )


HAVE_EFFECT = [EventHandler(BureausChanged, apply=have_effect)]


async def effects(database: Database) -> list[Effect]:
    """Every effect, in order of time."""
    async with database.snapshot() as session:
        connection = await session.connection()
        columns = (EFFECTS.c.event_id, EFFECTS.c.aggregate, EFFECTS.c.sequence)
        rows = await connection.execute(sa.select(*columns).order_by(EFFECTS.c.number))
        return [Effect(*row) for row in rows]


async def sequences(database: Database) -> dict[str, list[int]]:
    """The sequence numbers of each aggregate's effects, in order of time."""
    by_aggregate: dict[str, list[int]] = {}
    for effect in await effects(database):
        by_aggregate.setdefault(effect.aggregate, []).append(effect.sequence)
    return by_aggregate


async def eventually(
    condition: Callable[[], Awaitable[bool]], seconds: float = PATIENCE_SECONDS
) -> None:
    """Waits until a condition holds; fails if it does not hold in time.

    A busy NATS that does not answer in its two seconds is asked again.
    """
    async with asyncio.timeout(seconds):
        while not await _holds(condition):  # noqa: ASYNC110  what is waited for is in another process
            await asyncio.sleep(0.01)


async def _holds(condition: Callable[[], Awaitable[bool]]) -> bool:
    with contextlib.suppress(nats.errors.TimeoutError):
        return await condition()
    return False


@contextlib.asynccontextmanager
async def running(*endless: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs endless work beside the block; fails if it ends."""
    tasks = [asyncio.create_task(work) for work in endless]
    try:
        yield
        for task in tasks:
            assert not task.done(), task
    finally:
        await _end(tasks)


async def _end(tasks: Collection[asyncio.Task[None]]) -> None:
    # asyncio.wait_for of Python 3.11 can swallow a cancellation: whoever goes on is asked again.
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1)
    await asyncio.gather(*tasks, return_exceptions=True)

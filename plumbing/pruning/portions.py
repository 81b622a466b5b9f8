"""Removes rows a few at a time, so that other writers are let in between."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.chunks import chunks
from plumbing.database import Database

LOOKED_FOR = 20_000  # keys that are looked for at a time; finding them may read a whole table
PORTION = 500  # rows of one transaction

Paused = Callable[[], Awaitable[None]]


async def in_portions(
    database: Database,
    keys: sa.Select[*tuple[Any, ...]],
    act: Callable[[AsyncSession, Sequence[Any]], Awaitable[object]],
    paused: Paused,
) -> int:
    """Runs `act` on the keys that a query finds, 500 in a transaction, until it finds no more.

    `act` must make the query find its keys no longer. `paused` is awaited after each transaction.
    Returns the number of the keys.
    """
    total = 0
    while found := await _found(database, keys):
        for portion in chunks(found, PORTION):
            async with database.transaction() as session:
                await act(session, portion)
            total += len(portion)
            await paused()
    return total


async def _found(database: Database, keys: sa.Select[*tuple[Any, ...]]) -> Sequence[Any]:
    async with database.snapshot() as session:
        connection = await session.connection()
        return [*(await connection.execute(keys.limit(LOOKED_FOR)))]

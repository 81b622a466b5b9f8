"""Forgets the answers to old requests, and keeps that they were carried out.

A request that is repeated after its answer was forgotten is refused and not carried out again.
Answers to services stay: a workflow that was lost, or restored from a backup, begins again with the
requests that it made first, however old its case is. They are a few for each case.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.answered_requests import FORGOTTEN, AnsweredRequest
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.identity import SERVICE_PREFIX
from plumbing.pruning.portions import Paused, in_portions

_TABLE: Any = AnsweredRequest.__table__  # type: ignore[attr-defined]
_FORGET = (
    sa.update(_TABLE)
    .where(
        _TABLE.c.actor == sa.bindparam("of_actor"),
        _TABLE.c.request_id == sa.bindparam("of_request"),
    )
    .values(digest=FORGOTTEN, response=b"")
)


class AnswerPruner:
    """Forgets the answers to people in one service's database after the time `kept`."""

    def __init__(self, database: Database, clock: Clock, kept: timedelta) -> None:
        self._database, self._clock, self._kept = database, clock, kept

    async def prune(self, paused: Paused) -> dict[str, int]:
        """Forgets the answers that are old enough; returns how many."""
        old = sa.select(col(AnsweredRequest.actor), col(AnsweredRequest.request_id)).where(
            col(AnsweredRequest.at) < self._clock.now() - self._kept,
            col(AnsweredRequest.digest) != FORGOTTEN,
            sa.not_(col(AnsweredRequest.actor).startswith(SERVICE_PREFIX)),
        )
        return {"answered_request": await in_portions(self._database, old, _forget, paused)}


async def _forget(session: AsyncSession, keys: Sequence[Any]) -> None:
    rows = [{"of_actor": actor, "of_request": request_id} for actor, request_id in keys]
    await (await session.connection()).execute(_FORGET, rows)

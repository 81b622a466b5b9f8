"""Batches that were begun and never completed: given up when their days are over.

The days are a setting, no law: what was sent and never completed has changed nothing.
"""

from __future__ import annotations

import asyncio

import structlog
from sqlmodel import col, select

from plumbing.change import Changes
from plumbing.database import DATABASE_AWAY
from plumbing.identity import service_caller
from services.registry.imports.batch.bulk import RECEIVING, last_day
from services.registry.imports.batch.commands import close
from services.registry.tables import ImportBatch

EVERY_SECONDS = 5.0
AT_ONCE = 100
GROUND = "逾期未发送完毕"
log = structlog.get_logger()


class Expiry:
    """Gives up what was left lying. Replicas may do it side by side: each batch is locked."""

    def __init__(self, changes: Changes, days: int) -> None:
        self._changes, self._days = changes, days

    async def run(self) -> None:
        """Looks again and again until cancelled; the platform's clock says what is over."""
        while True:
            try:
                await self.expire()
            except DATABASE_AWAY as error:  # or busy; nothing is lost by waiting
                log.warning("imports.expiry_failed", error=str(error))
            await asyncio.sleep(EVERY_SECONDS)

    async def expire(self) -> int:
        """Gives up what is over today; returns how many."""
        given_up = 0
        for batch_id in await self._over():
            async with self._changes.change(service_caller("registry")) as change:
                batch = await change.session.get_one(ImportBatch, batch_id, with_for_update=True)
                if batch.state == RECEIVING and last_day(batch, self._days) < change.today:
                    await close(change, batch, "expired", "expire_import", GROUND)
                    given_up += 1
        return given_up

    async def _over(self) -> list[str]:
        oldest = (
            select(ImportBatch)
            .where(ImportBatch.state == RECEIVING)
            .order_by(col(ImportBatch.last_at), col(ImportBatch.batch_id))
            .limit(AT_ONCE)
        )
        today = self._changes.clock.today()
        async with self._changes.database.snapshot() as session:
            rows = (await session.exec(oldest)).all()
        return [row.batch_id for row in rows if last_day(row, self._days) < today]

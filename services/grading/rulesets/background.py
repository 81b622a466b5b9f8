"""Runs impacts in the background, so that nobody has to wait at the page that asked for one."""

from __future__ import annotations

import time
from contextlib import AbstractAsyncContextManager

import sqlalchemy as sa
import structlog
from sqlmodel import col, select

from law.texts_in_force import load as texts
from plumbing.change import Change, Changes
from plumbing.database_away import DATABASE_AWAY
from plumbing.identity import service_caller
from plumbing.long_work import LongWork
from services.grading.rulesets import commands, impacts
from services.grading.rulesets.impacts import Scope
from services.grading.tables import Impact, ImpactState

TELL_EVERY_SECONDS = 0.5
log = structlog.get_logger()


class ImpactRuns:
    """Runs the impacts that were started, the oldest first."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        work = LongWork(changes.database, "impacts", self._oldest, self._run)
        self.run, self.wake = work.run, work.wake

    async def _oldest(self) -> str | None:
        running = select(Impact.impact_id).where(Impact.state == ImpactState.RUNNING)
        oldest = running.order_by(col(Impact.run_at), col(Impact.impact_id)).limit(1)
        async with self._changes.database.snapshot() as session:
            return (await session.exec(oldest)).first()

    async def _run(self, impact_id: str) -> None:
        async with self._changes.database.snapshot() as session:
            impact = await session.get_one(Impact, impact_id)
        try:
            result = await impacts.run(
                self._changes.database,
                Scope(impact.bureau, impact.sectors),
                texts.load(impact.ruleset_id),
                impact.as_of,
                _Teller(self._changes, impact_id),
            )
        except DATABASE_AWAY:
            raise  # it is tried again
        except Exception:  # one impact that fails must not stop those behind it
            log.exception("impacts.failed", impact=impact_id)
            result = None
        async with self._of(impact) as change:
            row = await change.session.get_one(Impact, impact_id, with_for_update=True)
            await commands.end_impact(change, row, result)

    def _of(self, impact: Impact) -> AbstractAsyncContextManager[Change]:
        return self._changes.change(service_caller("grading", impact.run_by))


class _Teller:
    """Writes into the row of an impact how many subjects are graded, a few times a second."""

    def __init__(self, changes: Changes, impact_id: str) -> None:
        self._changes, self._impact_id, self._told_at = changes, impact_id, 0.0

    async def __call__(self, done: int) -> None:
        if time.monotonic() - self._told_at < TELL_EVERY_SECONDS:
            return
        self._told_at = time.monotonic()
        row = sa.update(Impact).where(col(Impact.impact_id) == self._impact_id).values(done=done)
        async with self._changes.database.transaction() as session:
            await session.exec(row)

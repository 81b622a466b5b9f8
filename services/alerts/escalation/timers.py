"""Telling Temporal where the cases stand: their workflows are started and signalled (D-04).

All is read from the cases at that moment, so a late or repeated event tells nothing stale.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from law.periods import start_of
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.events.envelope import Received
from protos.alerts.v1 import events_pb2 as own
from services.alerts.escalation.workflows import EscalationStand
from services.alerts.tables import Escalation
from services.alerts.timers import Timers


def stand_of(case: Escalation, offset_seconds: float) -> EscalationStand:
    """How a case stands, as its workflow is told; a step is due in the morning of its day."""
    return EscalationStand(
        escalation_id=case.escalation_id,
        version=case.version,
        offset_seconds=offset_seconds,
        step=case.step,
        due_at=start_of(case.due_on) if case.due_on else None,
        to_note=case.to_note,
        closed=case.closed_at is not None,
    )


def unsettled() -> sa.ColumnElement[bool]:
    """Which cases have a workflow, in SQL."""
    return col(Escalation.closed_at).is_(None) | col(Escalation.to_note)


class EscalationTimers:
    """The workflows of the cases in one database."""

    def __init__(self, database: Database, timers: Timers, clock: Clock) -> None:
        self._database, self._timers, self._clock = database, timers, clock

    async def changed(self, received: Received[own.EscalationsChanged]) -> None:
        """Every case that changed has its workflow know."""
        await self.push([case.escalation_id for case in received.message.escalations])

    async def push(self, ids: Collection[str]) -> None:
        """Makes the workflows of these cases run and know how the cases stand."""
        async with self._database.snapshot() as session:
            wanted = select(Escalation).where(col(Escalation.escalation_id).in_(ids))
            cases = (await session.exec(wanted)).all()
        await self._tell(cases, self._clock.offset().total_seconds())

    async def move_clock(self, offset_seconds: float) -> None:
        """Every case's workflow looks at the clock again."""
        await self._tell(await self.open_cases(), offset_seconds)

    async def open_cases(self) -> Sequence[Escalation]:
        """The cases that have a workflow."""
        wanted = select(Escalation).where(unsettled())
        async with self._database.snapshot() as session:
            return (await session.exec(wanted.order_by(col(Escalation.escalation_id)))).all()

    async def _tell(self, cases: Sequence[Escalation], offset_seconds: float) -> None:
        for case in cases:
            await self._timers.escalate(stand_of(case, offset_seconds))

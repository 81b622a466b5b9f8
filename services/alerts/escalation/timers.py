"""Starts and signals the workflows of escalation cases (D-04).

The state of a case is read when the signal is sent, so a late or repeated event does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from law.periods import start_of
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.events.envelope import Received
from plumbing.together import together
from protos.alerts.v1 import events_pb2 as own
from services.alerts.escalation.workflows import EscalationStand
from services.alerts.tables import Escalation
from services.alerts.timers import Timers


def workflow_state(case: Escalation, offset_seconds: float) -> EscalationStand:
    """Returns the state of a case for its workflow; a step is due at the start of its due day."""
    return EscalationStand(
        escalation_id=case.escalation_id,
        version=case.version,
        offset_seconds=offset_seconds,
        step=case.step,
        due_at=start_of(case.due_on) if case.due_on else None,
        to_note=case.to_note,
        closed=case.closed_at is not None,
    )


def has_workflow() -> sa.ColumnElement[bool]:
    """Returns the SQL condition that an escalation case needs a workflow.

    A case needs one while it is open, or while an interview is still to be recorded in the
    register.
    """
    return col(Escalation.closed_at).is_(None) | col(Escalation.to_note)


class EscalationTimers:
    """Starts and signals the workflows of the escalation cases in one database."""

    def __init__(self, database: Database, timers: Timers, clock: Clock) -> None:
        self._database, self._timers, self._clock = database, timers, clock

    async def changed(self, received: Received[own.EscalationsChanged]) -> None:
        """Sends the present state of every case that the event names to its workflow."""
        await self.push([case.escalation_id for case in received.message.escalations])

    async def push(self, ids: Collection[str]) -> None:
        """Sends the present state of cases, given by id, to their workflows.

        Starts each workflow that is missing.
        """
        async with self._database.snapshot() as session:
            query = select(Escalation).where(col(Escalation.escalation_id).in_(ids))
            cases = (await session.exec(query)).all()
        await self._signal(cases)

    async def move_clock(self) -> None:
        """Sends the present offset of the sandbox's clock to the workflow of every case."""
        await self._signal(await self.open_cases())

    async def open_cases(self) -> Sequence[Escalation]:
        """Returns the cases that need a workflow.

        These are the open cases and the cases with an interview still to be recorded.
        """
        query = select(Escalation).where(has_workflow())
        async with self._database.snapshot() as session:
            return (await session.exec(query.order_by(col(Escalation.escalation_id)))).all()

    async def _signal(self, cases: Sequence[Escalation]) -> None:
        offset_seconds = self._clock.offset().total_seconds()
        states = (workflow_state(case, offset_seconds) for case in cases)
        await together(states, self._timers.escalate)

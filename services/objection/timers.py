"""Telling Temporal where a case stands: its workflow is started if need be, and signalled.

All is read from the case table at that moment, so a late or repeated event tells nothing stale.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.objection import CaseKind, CaseState
from law.terms.ledger import Term
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.workflow_client import WorkflowClient
from services.objection.messages import CaseStart, ClockMove, End, Ending, Schedule
from services.objection.schedule import schedule_of
from services.objection.tables import Case, ReachedRung
from services.objection.workflows import ObjectionWorkflow, RepairWorkflow

_ENDS = {
    CaseState.DECIDED: End.DECIDED,
    CaseState.DECLINED: End.DECLINED,
    CaseState.WITHDRAWN: End.WITHDRAWN,
}


_RUN: dict[CaseKind, Callable[[Any, CaseStart], Awaitable[None]]] = {
    CaseKind.OBJECTION: ObjectionWorkflow.run,
    CaseKind.REPAIR: RepairWorkflow.run,
}


_TYPES = ("ObjectionCase", "RepairCase")


def workflow_id(kind: CaseKind, case_id: str) -> str:
    """The id of a case's workflow."""
    return f"{kind}/{case_id}"


class CaseWorkflows:
    """The workflows of the cases in one database. Raises Away while Temporal is away."""

    def __init__(self, workflows: WorkflowClient, database: Database, clock: Clock) -> None:
        self.workflows, self._database, self._clock = workflows, database, clock

    async def unsettled(self) -> Sequence[Case]:
        """The cases that have a workflow."""
        wanted = select(Case).where(col(Case.settled_at).is_(None))
        async with self._database.snapshot() as session:
            return (await session.exec(wanted.order_by(col(Case.case_id)))).all()

    async def running(self) -> set[str]:
        """The ids of the cases' workflows that Temporal lists as running; the list lags."""
        return {id_ for type_ in _TYPES for id_ in await self.workflows.running(type_)}

    async def push(self, case_id: str) -> None:
        """Makes the workflow of a case run and know where the case stands."""
        found = await self._standing(case_id)
        if found is None:
            return
        kind, start = found
        if start.ending is not None:
            decided = start.ending.how is End.DECIDED
            await self._signal(kind, start, "decided" if decided else "ended", start.ending)
        elif start.schedule is not None:
            await self._signal(kind, start, "scheduled", start.schedule)
        else:
            await self._signal(kind, start)

    async def move_clock(self, offset_seconds: float) -> None:
        """Tells every case's workflow how far the platform's time runs ahead."""
        for case in await self.unsettled():
            if found := await self._standing(case.case_id):
                move = ClockMove(offset_seconds=offset_seconds)
                await self._signal(*found, "clock_moved", move)

    async def _standing(self, case_id: str) -> tuple[CaseKind, CaseStart] | None:
        """Its kind and where it stands; None for one from which nothing more follows."""
        async with self._database.snapshot() as session:
            case = await session.get(Case, case_id)
            if case is None or case.settled_at is not None:
                return None
            reached = await _reached(session, case_id)
        return case.kind, CaseStart(
            case_id=case_id,
            offset_seconds=self._clock.offset().total_seconds(),
            schedule=_schedule(case),
            ending=_ending(case),
            reached=reached,
        )

    async def _signal(self, kind: CaseKind, start: CaseStart, signal: str = "", *args: Any) -> None:
        case_id = start.case_id
        await self.workflows.signal(
            _RUN[kind], start, workflow_id(kind, case_id), signal, *args, aggregate_id=case_id
        )


async def _reached(session: AsyncSession, case_id: str) -> list[str]:
    wanted = select(ReachedRung.rung).where(col(ReachedRung.case_id) == case_id)
    return sorted((await session.exec(wanted)).all())


def _schedule(case: Case) -> Schedule | None:
    if case.term is None:
        return None
    return schedule_of(Term.from_json(case.term), case.number, case.version)


def _ending(case: Case) -> Ending | None:
    how = _ENDS.get(case.state)
    return Ending(how=how, outcome=case.outcome or "") if how else None

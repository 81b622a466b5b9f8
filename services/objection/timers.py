"""Starts, signals and queries the workflows of cases by their ids.

The state of a case is read when a signal is sent, so a late or repeated event sends nothing
outdated.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from temporalio.common import SearchAttributePair

from law.objection import CaseKind, CaseState
from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.temporal import AGGREGATE_ID, BUREAU, CASE_KIND, CASE_STATE
from plumbing.together import together
from plumbing.workflow_client import WorkflowClient
from plumbing.workflow_upkeep import Kind
from services.objection.messages import CaseStart, ClockMove, End, Ending, FoundBy, Schedule
from services.objection.schedule import schedule_of_case
from services.objection.tables import Case, ReachedRung
from services.objection.workflows import CaseWorkflow, ObjectionWorkflow, RepairWorkflow

_ENDS = {
    CaseState.DECIDED: End.DECIDED,
    CaseState.DECLINED: End.DECLINED,
    CaseState.WITHDRAWN: End.WITHDRAWN,
}
_RUN: dict[CaseKind, Callable[[Any, CaseStart], Awaitable[None]]] = {
    CaseKind.OBJECTION: ObjectionWorkflow.run,
    CaseKind.RECONSIDERATION: ObjectionWorkflow.run,
    CaseKind.REPAIR: RepairWorkflow.run,
}
_TYPES = ("ObjectionCase", "RepairCase")


def workflow_id(case: Case) -> str:
    """Returns the id of a case's workflow."""
    return f"{case.kind}/{case.case_id}"


def case_of(workflow: str) -> str:
    """Returns the id of the case of a workflow with this id."""
    return workflow.partition("/")[2]


class CaseWorkflows:
    """Starts, signals and queries the workflows of the cases in one database.

    Every method that calls Temporal raises Away while Temporal cannot be reached.
    """

    def __init__(self, workflows: WorkflowClient, database: Database, clock: Clock) -> None:
        self._workflows, self._database, self._clock = workflows, database, clock

    async def open_cases(self) -> Sequence[Case]:
        """Returns the cases that should have a running workflow, in the order of their ids."""
        query = select(Case).where(col(Case.settled_at).is_(None))
        async with self._database.snapshot() as session:
            return (await session.exec(query.order_by(col(Case.case_id)))).all()

    def kind(self) -> Kind:
        """Returns which workflows of cases should run, and how a missing one is started."""

        async def ids() -> Collection[str]:
            return [workflow_id(case) for case in await self.open_cases()]

        async def start(name: str) -> None:
            await self.update(case_of(name))

        return Kind(ids, start)

    async def runs(self, workflow_id: str) -> bool:
        """Returns whether a workflow with that id is running."""
        return await self._workflows.runs(workflow_id)

    async def keep(self, workflow_id: str) -> bool:
        """Returns whether a workflow with that id runs as it should; ends one that does not."""
        return await self._workflows.keep(workflow_id)

    async def listed(self) -> set[str]:
        """Returns the ids of the case workflows that Temporal lists as running.

        The list is a moment behind.
        """
        return {id_ for type_ in _TYPES for id_ in await self._workflows.running(type_)}

    async def has_old_schedule(self, case: Case) -> bool:
        """Returns whether the workflow of a case follows an outdated schedule of reminders.

        The schedule of a case changes with its term and with each edition of the calendar. A
        workflow that does not answer counts as having an old schedule; an ended case needs none.
        """
        schedule = schedule_of_case(case)
        if schedule is None or _ending(case) is not None:
            return False
        answer = await self._workflows.query(workflow_id(case), CaseWorkflow.schedule)
        return answer is None or not answer.agrees_with(schedule)

    async def update(self, case_id: str) -> None:
        """Sends the present state of a case to its workflow; starts a missing workflow.

        Does nothing if the case is settled.
        """
        state = await self._state(case_id)
        if state is None:
            return
        kind, start = state
        if start.ending is not None:
            decided = start.ending.how is End.DECIDED
            await self._signal(kind, start, "decided" if decided else "ended", start.ending)
        elif start.schedule is not None:
            await self._signal(kind, start, "scheduled", start.schedule)
        else:
            await self._signal(kind, start)

    async def restate(self, case: Case) -> None:
        """Sends the whole present state of a case to its workflow; starts a missing workflow."""
        if state := await self._state(case.case_id):
            await self._signal(*state, "stands", state[1])

    async def try_again(self, case_id: str) -> None:
        """Has the workflow of a case try a refused activity again; starts a missing workflow."""
        if state := await self._state(case_id):
            await self._signal(*state, "asked_again")

    async def move_clock(self) -> None:
        """Sends the present offset of the sandbox's clock to the workflow of every open case."""
        move = ClockMove(offset_seconds=self._clock.offset().total_seconds())

        async def send(case: Case) -> None:
            if state := await self._state(case.case_id):
                await self._signal(*state, "clock_moved", move)

        await together(await self.open_cases(), send)

    async def _state(self, case_id: str) -> tuple[CaseKind, CaseStart] | None:
        """The kind and state of an open case, as its workflow starts from it."""
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
        name = f"{kind}/{start.case_id}"
        await self._workflows.signal(
            _RUN[kind], start, name, signal, *args, found_by=_attributes(kind, start)
        )


def _attributes(kind: CaseKind, start: CaseStart) -> list[SearchAttributePair[Any]]:
    """The search attributes of a new workflow; the workflow keeps them up to date."""
    found = [SearchAttributePair(AGGREGATE_ID, start.case_id), SearchAttributePair(CASE_KIND, kind)]
    now = (start.ending and start.ending.found_by) or (start.schedule and start.schedule.found_by)
    if not now:
        return found
    return [
        *found,
        SearchAttributePair(BUREAU, now.bureau),
        SearchAttributePair(CASE_STATE, now.state),
    ]


async def _reached(session: AsyncSession, case_id: str) -> list[str]:
    query = select(ReachedRung.rung).where(col(ReachedRung.case_id) == case_id)
    return sorted((await session.exec(query)).all())


def _ending(case: Case) -> Ending | None:
    how = _ENDS.get(case.state)
    if how is None:
        return None
    return Ending(how=how, outcome=case.outcome or "", found_by=_found_by(case))


def _schedule(case: Case) -> Schedule | None:
    schedule = schedule_of_case(case)
    return schedule and schedule.model_copy(update={"found_by": _found_by(case)})


def _found_by(case: Case) -> FoundBy:
    return FoundBy(bureau=case.bureau, state=case.state)

"""`escalation/<case>` on a real Temporal server: proposals, decisions, closing, moved clocks."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from law.periods import start_of
from plumbing.clock import SHANGHAI, FixedClock
from plumbing.temporal import DUE_AT
from plumbing.workflow_client import WorkflowClient
from services.alerts.escalation.workflows import EscalationStand, EscalationWorkflow, StepDue
from services.alerts.timers import Timers, escalation_id
from tests.integration.events.support import eventually

MONDAY = date(2026, 9, 14)
DAY = timedelta(days=1)


def offset(days: float = 0.0) -> float:
    """The offset of a sandbox in which it is now Monday morning, or so many days later."""
    now = datetime.now(UTC)  # noqa: TID251 - the server runs on real time
    return (start_of(MONDAY, 10) + days * DAY - now).total_seconds()


def waiting(version: int, step: str, day: int, **fields: Any) -> EscalationStand:
    """A case whose step is due so many days after Monday."""
    return resting(version, step=step, due_at=start_of(MONDAY + day * DAY), **fields)


def resting(version: int, **fields: Any) -> EscalationStand:
    """A case without a step to wait for: a person has to act, or nobody."""
    defaults: dict[str, Any] = {
        "escalation_id": "s1/1",
        "offset_seconds": offset(),
        "version": version,
    }
    return EscalationStand(**{**defaults, **fields})


class RecordingActivities:
    """Activities that record their calls and may fail a number of times."""

    def __init__(self) -> None:
        self.proposed: list[str] = []
        self.at: list[datetime] = []
        self.interviews = self.failures = 0
        self.closed = False

    @activity.defn
    async def propose_step(self, due: StepDue) -> EscalationStand:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.proposed.append(due.step)
        self.at.append(activity.info().scheduled_time)
        return resting(due.version + 1, step=due.step)

    @activity.defn
    async def note_interview(self, escalation_id: str) -> EscalationStand:
        self.interviews += 1
        return resting(100, closed=self.closed)

    def has(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return len(self.proposed) >= count

        return holds

    async def has_recorded(self) -> bool:
        return self.interviews > 0


@asynccontextmanager
async def running_worker(client: Client, activities: RecordingActivities) -> AsyncIterator[str]:
    """A worker on a task queue of its own."""
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[EscalationWorkflow],
        activities=[activities.propose_step, activities.note_interview],
        workflow_failure_exception_types=[Exception],
    ):
        yield queue


@asynccontextmanager
async def running_workflow(
    client: Client, activities: RecordingActivities, stand: EscalationStand
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    async with running_worker(client, activities) as queue:
        yield await client.start_workflow(
            EscalationWorkflow.run, stand, id=f"escalation/{uuid.uuid4()}", task_queue=queue
        )


async def close(handle: WorkflowHandle[Any, Any], version: int = 100) -> None:
    """Closes the case; the workflow ends."""
    await handle.signal(EscalationWorkflow.stands, resting(version, closed=True))
    await handle.result()


async def test_a_step_is_proposed_at_the_start_of_its_day(skipper: TimeSkipper) -> None:
    activities = RecordingActivities()
    async with running_workflow(skipper.client, activities, waiting(1, "reminder", 2)) as handle:
        await skipper.fast_forward(handle, DAY)
        assert activities.proposed == []
        description = await skipper.client.get_workflow_handle(handle.id).describe()
        assert description.search_attributes[DUE_AT.name] == [start_of(MONDAY + 2 * DAY)]
        await skipper.fast_forward(handle, DAY)
        await eventually(activities.has(1))
        await close(handle)
    assert activities.proposed == ["reminder"]


async def test_a_proposed_step_waits_for_a_decision_without_limit(skipper: TimeSkipper) -> None:
    activities = RecordingActivities()
    async with running_workflow(skipper.client, activities, waiting(1, "reminder", 1)) as handle:
        await skipper.fast_forward(handle, 90 * DAY)
        await eventually(activities.has(1))
        assert activities.proposed == ["reminder"]
        await close(handle)


async def test_after_a_decision_the_workflow_waits_for_the_next_step(
    temporal_client: Client,
) -> None:
    activities = RecordingActivities()
    async with running_workflow(temporal_client, activities, waiting(1, "reminder", 1)) as handle:
        moved = waiting(1, "reminder", 1).model_copy(update={"offset_seconds": offset(1)})
        await handle.signal(EscalationWorkflow.stands, moved)
        await eventually(activities.has(1))
        letter = waiting(3, "guidance_letter", 7)
        await handle.signal(EscalationWorkflow.stands, letter)
        # A late signal with an older version changes nothing.
        await handle.signal(EscalationWorkflow.stands, waiting(1, "reminder", 1))
        later = letter.model_copy(update={"offset_seconds": offset(8)})
        await handle.signal(EscalationWorkflow.stands, later)
        await eventually(activities.has(2))
        await close(handle)
    assert activities.proposed == ["reminder", "guidance_letter"]


async def test_a_closed_case_proposes_no_step_that_is_due(temporal_client: Client) -> None:
    activities = RecordingActivities()
    async with running_workflow(temporal_client, activities, waiting(1, "reminder", 1)) as handle:
        late = resting(2, closed=True, offset_seconds=offset(30))
        await handle.signal(EscalationWorkflow.stands, late)
        await handle.result()
    assert activities.proposed == []


async def test_the_workflow_of_a_closed_case_ends_at_once(
    temporal_client: Client,
) -> None:
    activities = RecordingActivities()
    async with running_workflow(temporal_client, activities, resting(2, closed=True)) as handle:
        await handle.result()
    assert activities.proposed == []


async def test_a_proposal_is_tried_until_it_succeeds(temporal_client: Client) -> None:
    activities = RecordingActivities()
    activities.failures = 2
    due = waiting(1, "reminder", 1, events_per_run=2000)
    started_late = due.model_copy(update={"offset_seconds": offset(5)})
    async with running_workflow(temporal_client, activities, started_late) as handle:
        await eventually(activities.has(1))
        await close(handle)
    assert activities.proposed == ["reminder"]


async def test_an_interview_is_recorded_even_if_the_case_is_closed(
    temporal_client: Client,
) -> None:
    activities = RecordingActivities()
    async with running_workflow(
        temporal_client, activities, resting(5, step="interview")
    ) as handle:
        held = waiting(6, "exposure", 20, to_note=True)
        await handle.signal(EscalationWorkflow.stands, held)
        await eventually(activities.has_recorded)
        activities.closed = True
        again = resting(101, closed=True, to_note=True)
        await handle.signal(EscalationWorkflow.stands, again)
        await handle.result()
    assert activities.interviews == 2
    assert activities.proposed == []


async def test_a_new_run_goes_on_with_the_state_of_the_case(temporal_client: Client) -> None:
    activities = RecordingActivities()
    due = waiting(1, "reminder", 1, events_per_run=1)
    async with running_workflow(temporal_client, activities, due) as handle:
        current = temporal_client.get_workflow_handle(handle.id)
        moved = due.model_copy(update={"offset_seconds": offset(1)})
        await current.signal(EscalationWorkflow.stands, moved)
        await eventually(activities.has(1))

        async def is_new_run() -> bool:
            return (await current.describe()).run_id != handle.first_execution_run_id

        await eventually(is_new_run)
        # The new run knows the moved clock.
        await current.signal(EscalationWorkflow.stands, waiting(3, "guidance_letter", 1))
        await eventually(activities.has(2))
        await current.signal(EscalationWorkflow.stands, resting(100, closed=True))
        await current.result()
    assert activities.proposed == ["reminder", "guidance_letter"]


async def test_a_missing_workflow_is_started_once(temporal_client: Client) -> None:
    activities, case = RecordingActivities(), f"{uuid.uuid4().hex}/1"
    clock = FixedClock(datetime(2026, 9, 14, tzinfo=SHANGHAI))
    async with running_worker(temporal_client, activities) as queue:
        timers = Timers(WorkflowClient(temporal_client, queue), clock)
        stand = waiting(1, "reminder", 3).model_copy(update={"escalation_id": case})
        assert not await timers.runs(escalation_id(case))
        await timers.escalate(stand)
        await timers.escalate(stand)
        assert await timers.runs(escalation_id(case))

        async def is_listed() -> bool:
            return case in await timers.escalating()

        await eventually(is_listed)
        closed = resting(2, closed=True, escalation_id=case)
        await timers.escalate(closed)
        await temporal_client.get_workflow_handle(escalation_id(case)).result()
        await timers.escalate(closed)  # a late signal starts a workflow that ends by itself
        await temporal_client.get_workflow_handle(escalation_id(case)).result()
    assert not await timers.runs(escalation_id(case))
    assert activities.proposed == []

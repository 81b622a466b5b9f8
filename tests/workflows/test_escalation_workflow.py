"""`escalation/<case>` on a real Temporal server: proposals, decisions, the cure, moved clocks."""

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
    """As in a sandbox in which it is Monday morning now, or so many days later."""
    now = datetime.now(UTC)  # noqa: TID251 - of the server, which keeps real time
    return (start_of(MONDAY, 10) + days * DAY - now).total_seconds()


def waiting(version: int, step: str, day: int, **said: Any) -> EscalationStand:
    """A step that is due so many days after Monday."""
    return standing(version, step=step, due_at=start_of(MONDAY + day * DAY), **said)


def standing(version: int, **said: Any) -> EscalationStand:
    """A case in which somebody else is to act, or nobody."""
    given: dict[str, Any] = {
        "escalation_id": "s1/1",
        "offset_seconds": offset(),
        "version": version,
    }
    return EscalationStand(**{**given, **said})


class Bureau:
    """Activities that note what they were asked for; `version` is the case's."""

    def __init__(self) -> None:
        self.proposed: list[str] = []
        self.at: list[datetime] = []
        self.noted = self.failures = 0
        self.closed = False

    @activity.defn
    async def propose_step(self, due: StepDue) -> EscalationStand:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.proposed.append(due.step)
        self.at.append(activity.info().scheduled_time)
        return standing(due.version + 1, step=due.step)

    @activity.defn
    async def note_interview(self, escalation_id: str) -> EscalationStand:
        self.noted += 1
        return standing(100, closed=self.closed)

    def has(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def enough() -> bool:
            return len(self.proposed) >= count

        return enough

    async def has_noted(self) -> bool:
        return self.noted > 0


@asynccontextmanager
async def working(client: Client, bureau: Bureau) -> AsyncIterator[str]:
    """A worker on a task queue of its own."""
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[EscalationWorkflow],
        activities=[bureau.propose_step, bureau.note_interview],
        workflow_failure_exception_types=[Exception],
    ):
        yield queue


@asynccontextmanager
async def escalating(
    client: Client, bureau: Bureau, stand: EscalationStand
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    async with working(client, bureau) as queue:
        yield await client.start_workflow(
            EscalationWorkflow.run, stand, id=f"escalation/{uuid.uuid4()}", task_queue=queue
        )


async def cure(handle: WorkflowHandle[Any, Any], version: int = 100) -> None:
    """The case is closed; the workflow ends."""
    await handle.signal(EscalationWorkflow.stands, standing(version, closed=True))
    await handle.result()


async def test_a_step_is_proposed_in_the_morning_of_its_day(skipper: TimeSkipper) -> None:
    bureau = Bureau()
    async with escalating(skipper.client, bureau, waiting(1, "reminder", 2)) as handle:
        await skipper.fast_forward(handle, DAY)
        assert bureau.proposed == []
        described = await skipper.client.get_workflow_handle(handle.id).describe()
        assert described.search_attributes[DUE_AT.name] == [start_of(MONDAY + 2 * DAY)]
        await skipper.fast_forward(handle, DAY)
        await eventually(bureau.has(1))
        await cure(handle)
    assert bureau.proposed == ["reminder"]


async def test_what_is_proposed_waits_for_people_however_long(skipper: TimeSkipper) -> None:
    bureau = Bureau()
    async with escalating(skipper.client, bureau, waiting(1, "reminder", 1)) as handle:
        await skipper.fast_forward(handle, 90 * DAY)
        await eventually(bureau.has(1))
        assert bureau.proposed == ["reminder"]
        await cure(handle)


async def test_after_a_decision_it_waits_for_the_next_step(temporal_client: Client) -> None:
    bureau = Bureau()
    async with escalating(temporal_client, bureau, waiting(1, "reminder", 1)) as handle:
        moved = waiting(1, "reminder", 1).model_copy(update={"offset_seconds": offset(1)})
        await handle.signal(EscalationWorkflow.stands, moved)
        await eventually(bureau.has(1))
        letter = waiting(3, "guidance_letter", 7)
        await handle.signal(EscalationWorkflow.stands, letter)
        # An older word that comes late changes nothing.
        await handle.signal(EscalationWorkflow.stands, waiting(1, "reminder", 1))
        later = letter.model_copy(update={"offset_seconds": offset(8)})
        await handle.signal(EscalationWorkflow.stands, later)
        await eventually(bureau.has(2))
        await cure(handle)
    assert bureau.proposed == ["reminder", "guidance_letter"]


async def test_the_cure_comes_before_a_step_that_is_due(temporal_client: Client) -> None:
    bureau = Bureau()
    async with escalating(temporal_client, bureau, waiting(1, "reminder", 1)) as handle:
        late = standing(2, closed=True, offset_seconds=offset(30))
        await handle.signal(EscalationWorkflow.stands, late)
        await handle.result()
    assert bureau.proposed == []


async def test_a_case_that_was_closed_before_it_began_ends_at_once(
    temporal_client: Client,
) -> None:
    bureau = Bureau()
    async with escalating(temporal_client, bureau, standing(2, closed=True)) as handle:
        await handle.result()
    assert bureau.proposed == []


async def test_a_proposal_is_tried_until_it_is_made(temporal_client: Client) -> None:
    bureau = Bureau()
    bureau.failures = 2
    due = waiting(1, "reminder", 1, events_per_run=2000)
    started_late = due.model_copy(update={"offset_seconds": offset(5)})
    async with escalating(temporal_client, bureau, started_late) as handle:
        await eventually(bureau.has(1))
        await cure(handle)
    assert bureau.proposed == ["reminder"]


async def test_an_interview_is_noted_also_when_the_case_closed_meanwhile(
    temporal_client: Client,
) -> None:
    bureau = Bureau()
    async with escalating(temporal_client, bureau, standing(5, step="interview")) as handle:
        held = waiting(6, "exposure", 20, to_note=True)
        await handle.signal(EscalationWorkflow.stands, held)
        await eventually(bureau.has_noted)
        bureau.closed = True
        again = standing(101, closed=True, to_note=True)
        await handle.signal(EscalationWorkflow.stands, again)
        await handle.result()
    assert bureau.noted == 2
    assert bureau.proposed == []


async def test_it_goes_on_in_a_new_run_as_the_case_stands(temporal_client: Client) -> None:
    bureau = Bureau()
    due = waiting(1, "reminder", 1, events_per_run=1)
    async with escalating(temporal_client, bureau, due) as handle:
        current = temporal_client.get_workflow_handle(handle.id)
        moved = due.model_copy(update={"offset_seconds": offset(1)})
        await current.signal(EscalationWorkflow.stands, moved)
        await eventually(bureau.has(1))

        async def went_on() -> bool:
            return (await current.describe()).run_id != handle.first_execution_run_id

        await eventually(went_on)
        # In the new run the moved clock is known: what is due on Wednesday waits one day more.
        await current.signal(EscalationWorkflow.stands, waiting(3, "guidance_letter", 1))
        await eventually(bureau.has(2))
        await current.signal(EscalationWorkflow.stands, standing(100, closed=True))
        await current.result()
    assert bureau.proposed == ["reminder", "guidance_letter"]


async def test_whoever_finds_it_missing_starts_it_once(temporal_client: Client) -> None:
    bureau, case = Bureau(), f"{uuid.uuid4().hex}/1"
    clock = FixedClock(datetime(2026, 9, 14, tzinfo=SHANGHAI))
    async with working(temporal_client, bureau) as queue:
        started = Timers(WorkflowClient(temporal_client, queue), clock)
        stand = waiting(1, "reminder", 3).model_copy(update={"escalation_id": case})
        assert not await started.runs(escalation_id(case))
        await started.escalate(stand)
        await started.escalate(stand)
        assert await started.runs(escalation_id(case))

        async def is_listed() -> bool:
            return case in await started.escalating()

        await eventually(is_listed)
        closed = standing(2, closed=True, escalation_id=case)
        await started.escalate(closed)
        await temporal_client.get_workflow_handle(escalation_id(case)).result()
        await started.escalate(closed)  # told late, it ends again by itself
        await temporal_client.get_workflow_handle(escalation_id(case)).result()
    assert not await started.runs(escalation_id(case))
    assert bureau.proposed == []

"""A signal that claims a future day: activities refuse it, and the workflow corrects its time."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from law.periods import start_of
from law.terms.ledger import start
from law.terms.workdays import edition
from plumbing.clock import SystemClock
from plumbing.daily import Moved, Round, Start
from plumbing.told_time import checked_day, correction_of
from services.alerts.escalation.workflows import EscalationStand, EscalationWorkflow, StepDue
from services.alerts.workflows import WatchDone, WatchInput, WatchRun, WatchWorkflow
from services.objection.messages import CaseStart, ClockMove, RungDue
from services.objection.schedule import schedule_of
from services.objection.workflows import ObjectionWorkflow
from services.registry.retention.workflows import ACTIVITY, Expired, RetentionDaily
from tests.integration.events.support import eventually
from tests.offset_clock import OffsetClock
from tests.workflows.case_notes import STARTS_ON, Notes, offset

DAY = timedelta(days=1)
TEN_YEARS = 315_360_000.0  # seconds, as in the attack


def noon() -> OffsetClock:
    """A clock at noon in Shanghai, so that no midnight comes during a test by itself."""
    now = SystemClock().now().timestamp()
    return OffsetClock(12 * 3600.0 - (now + 8 * 3600) % 86400)


class CheckingActivities:
    """Activities that check what they are sent as the services do, and record it."""

    def __init__(self, clock: OffsetClock) -> None:
        self.clock = clock
        self.sent: list[date] = []
        self.worked: list[date] = []
        self.steps: list[str] = []

    @activity.defn(name=ACTIVITY)
    async def expire(self, round_: Round) -> Expired:
        return Expired(records=0, correction=self._checked(round_.as_of))

    @activity.defn
    async def watch(self, run: WatchRun) -> WatchDone:
        correction = self._checked(run.through)
        through = None if correction is None else self.worked[-1]
        return WatchDone(alerts=0, notices=0, through=through, correction=correction)

    @activity.defn
    async def propose_step(self, due: StepDue) -> EscalationStand:
        correction = correction_of(start_of(_due(self.clock)), self.clock)
        if correction is not None:
            self.sent.append(_due(self.clock))
            return waiting(self.clock, correction=correction)
        self.steps.append(due.step)
        return waiting(self.clock, version=due.version + 1, due_at=None)

    def _checked(self, sent: date) -> float | None:
        checked = checked_day(sent, self.clock)
        self.sent.append(sent)
        self.worked.append(checked.day)
        return checked.correction


def _due(clock: OffsetClock) -> date:
    """The day on which the step of the escalation is due: two days after the test began."""
    return clock.today() + 2 * DAY


def waiting(clock: OffsetClock, **fields: Any) -> EscalationStand:
    """A case with a reminder due in two days."""
    defaults = {
        "escalation_id": "s1/1",
        "version": 1,
        "offset_seconds": clock.offset().total_seconds(),
        "step": "reminder",
        "due_at": start_of(_due(clock)),
    }
    return EscalationStand(**{**defaults, **fields})


@asynccontextmanager
async def running(
    client: Client, run: Any, argument: Any, *activities: Callable[..., Any]
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """A workflow with a worker of its own, terminated at the end."""
    queue = f"test-{uuid.uuid4()}"
    workflows = [RetentionDaily, WatchWorkflow, EscalationWorkflow, ObjectionWorkflow]
    async with Worker(client, task_queue=queue, workflows=workflows, activities=activities):
        handle = await client.start_workflow(
            run, argument, id=f"test/{uuid.uuid4()}", task_queue=queue
        )
        yield handle
        await client.get_workflow_handle(handle.id).terminate()


def has(items: list[Any], count: int) -> Callable[[], Any]:
    async def holds() -> bool:
        return len(items) >= count

    return holds


async def test_the_daily_work_of_a_future_day_is_refused_and_the_next_day_comes(
    skipper: TimeSkipper,
) -> None:
    work = CheckingActivities(noon())
    today, ahead = work.clock.today(), work.clock.offset().total_seconds()
    begin = Start(offset_seconds=ahead)
    async with running(skipper.client, RetentionDaily.run, begin, work.expire) as handle:
        await eventually(has(work.sent, 1))
        await handle.signal(RetentionDaily.look, Moved(offset_seconds=ahead + TEN_YEARS))
        await eventually(has(work.sent, 2))
        await handle.signal(RetentionDaily.clock_moved, Moved(offset_seconds=-TEN_YEARS))
        await skipper.fast_forward(handle, DAY)
        await eventually(has(work.sent, 3))
    assert work.sent[1] > today + 3600 * DAY
    assert work.worked[:2] == [today, today]
    assert work.sent[2] == today + DAY  # Temporal's time was moved a day, the clock was not


async def test_a_watch_of_a_future_day_is_refused_and_tomorrow_is_watched(
    skipper: TimeSkipper,
) -> None:
    work = CheckingActivities(noon())
    today, ahead = work.clock.today(), work.clock.offset().total_seconds()
    begin = WatchInput(bureau="330106", wakes_after=600, offset_seconds=ahead)
    async with running(skipper.client, WatchWorkflow.run, begin, work.watch) as handle:
        await eventually(has(work.sent, 1))
        await handle.signal(WatchWorkflow.clock_moved, ahead + TEN_YEARS)
        await eventually(has(work.sent, 2))
        await handle.signal(WatchWorkflow.clock_moved, -TEN_YEARS)
        await skipper.fast_forward(handle, timedelta(hours=12, minutes=10, seconds=30))
        await eventually(has(work.sent, 3))
    assert work.worked[:2] == [today, today]
    assert work.sent[2] == today + DAY


async def test_a_step_of_a_future_day_is_not_proposed(skipper: TimeSkipper) -> None:
    work = CheckingActivities(noon())
    stand = waiting(work.clock)
    async with running(skipper.client, EscalationWorkflow.run, stand, work.propose_step) as handle:
        forged = stand.model_copy(update={"offset_seconds": stand.offset_seconds + TEN_YEARS})
        await handle.signal(EscalationWorkflow.stands, forged)
        await eventually(has(work.sent, 1))
        await skipper.fast_forward(handle, DAY)
        assert (work.steps, len(work.sent)) == ([], 1)


async def test_a_reminder_of_a_future_moment_is_not_announced(skipper: TimeSkipper) -> None:
    notes, refused = Notes(), []
    ahead = offset()
    clock = OffsetClock(ahead)

    @activity.defn(name="reach_rung")
    async def reach_rung(due: RungDue) -> float | None:
        correction = correction_of(due.rung.at, clock)
        if correction is not None:
            refused.append(due.rung.key)
        return correction

    term = schedule_of(start("objection_first", STARTS_ON, edition()), "异议〔2026〕0001号", 2)
    begin = CaseStart(case_id="c", offset_seconds=ahead, schedule=term)
    others = [work for work in notes.all() if work.__name__ != "reach_rung"]
    async with running(skipper.client, ObjectionWorkflow.run, begin, reach_rung, *others) as handle:
        await eventually(notes.marked)
        forged = ClockMove(offset_seconds=ahead + TEN_YEARS)
        await handle.signal(ObjectionWorkflow.clock_moved, forged)
        await eventually(has(refused, 1))
        await skipper.fast_forward(handle, DAY)
        assert refused == ["two_days_before/2026-09-20"]

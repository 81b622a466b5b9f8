"""`watch/<bureau>` on a real Temporal server: every local day, missed days, a moved clock."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from plumbing.clock import SHANGHAI
from plumbing.workflow_client import WorkflowClient
from services.alerts.timers import Timers, wakes_after, watch_id
from services.alerts.workflows import WatchDone, WatchInput, WatchRun, WatchWorkflow
from tests.integration.events.support import eventually
from tests.offset_clock import OffsetClock

DAY = timedelta(days=1)


class RecordedRuns:
    """The activity of the watch; it records the last day of each run and may fail at first."""

    def __init__(self) -> None:
        self.days: list[date] = []
        self.at: list[datetime] = []
        self.failures = 0

    @activity.defn(name="watch")
    async def watch(self, run: WatchRun) -> WatchDone:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.days.append(run.through)
        self.at.append(activity.info().scheduled_time)
        return WatchDone(alerts=0, notices=0)

    def has(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def holds() -> bool:
            return len(self.days) >= count

        return holds


@asynccontextmanager
async def running_worker(client: Client, runs: RecordedRuns) -> AsyncIterator[str]:
    """A worker on a task queue of its own."""
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[WatchWorkflow],
        activities=[runs.watch],
        workflow_failure_exception_types=[Exception],
    ):
        yield queue


@asynccontextmanager
async def running_watch(
    client: Client, queue: str, **fields: Any
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    start = WatchInput(**{"bureau": "330106", "wakes_after": 0, **fields})
    handle = await client.start_workflow(
        WatchWorkflow.run, start, id=f"watch/{uuid.uuid4()}", task_queue=queue
    )
    yield handle
    await client.get_workflow_handle(handle.id).terminate()


async def test_the_watch_runs_every_local_day_shortly_after_midnight(skipper: TimeSkipper) -> None:
    runs = RecordedRuns()
    async with (
        running_worker(skipper.client, runs) as queue,
        running_watch(skipper.client, queue, wakes_after=600) as handle,
    ):
        await skipper.fast_forward(handle, 4 * DAY)
        await eventually(runs.has(4))
    assert [day - runs.days[0] for day in runs.days[:4]] == [n * DAY for n in range(4)]
    for day, at in [*zip(runs.days, runs.at, strict=True)][1:]:
        local = at.astimezone(SHANGHAI)
        midnight = datetime.combine(day, datetime.min.time(), SHANGHAI)
        assert timedelta(minutes=10) <= local - midnight < timedelta(minutes=11)


async def test_after_a_moved_clock_one_run_handles_the_missed_days(skipper: TimeSkipper) -> None:
    runs = RecordedRuns()
    async with (
        running_worker(skipper.client, runs) as queue,
        running_watch(skipper.client, queue) as handle,
    ):
        await eventually(runs.has(1))
        await handle.signal(WatchWorkflow.clock_moved, 10 * 86400.0)
        await eventually(runs.has(2))
        await handle.signal(WatchWorkflow.clock_moved, 10 * 86400.0 + 1)
        await skipper.fast_forward(handle, DAY)
        await eventually(runs.has(3))
    first, moved, after = runs.days
    assert (moved - first, after - moved) == (10 * DAY, DAY)


async def test_a_day_that_was_handled_is_not_handled_again(temporal_client: Client) -> None:
    runs = RecordedRuns()
    today = datetime.now(SHANGHAI).date()  # noqa: TID251 - the server runs on real time
    async with (
        running_worker(temporal_client, runs) as queue,
        running_watch(temporal_client, queue, watched_through=today) as handle,
    ):
        await handle.signal(WatchWorkflow.clock_moved, 86400.0)
        await eventually(runs.has(1))
    assert runs.days[0] > today


async def test_a_run_is_tried_until_it_succeeds(temporal_client: Client) -> None:
    runs = RecordedRuns()
    runs.failures = 2
    async with (
        running_worker(temporal_client, runs) as queue,
        running_watch(temporal_client, queue),
    ):
        await eventually(runs.has(1))
    assert len(runs.days) == 1


async def test_a_new_workflow_run_keeps_the_offset_and_the_day(temporal_client: Client) -> None:
    runs = RecordedRuns()
    async with (
        running_worker(temporal_client, runs) as queue,
        running_watch(temporal_client, queue, renew_after=1, offset_seconds=86400.0) as handle,
    ):
        await eventually(runs.has(1))
        current = temporal_client.get_workflow_handle(handle.id)
        await current.signal(WatchWorkflow.clock_moved, 3 * 86400.0)
        await eventually(runs.has(2))
        assert (await current.describe()).run_id != handle.first_execution_run_id
    assert runs.days[1] - runs.days[0] == 2 * DAY


async def test_a_missing_watch_is_started_once(temporal_client: Client) -> None:
    runs, bureau = RecordedRuns(), "330106-T1"
    clock = OffsetClock(86400.0)
    async with running_worker(temporal_client, runs) as queue:
        timers = Timers(WorkflowClient(temporal_client, queue), clock)
        assert not await timers.runs(watch_id(bureau))
        try:
            await timers.watch(bureau)
            clock.seconds = 3 * 86400.0
            await timers.watch(bureau)
            assert await timers.runs(watch_id(bureau))
            await eventually(runs.has(1))
        finally:
            await temporal_client.get_workflow_handle(watch_id(bureau)).terminate()
    assert not await timers.runs(watch_id(bureau))


def test_each_bureau_has_its_own_fixed_moment_within_ten_minutes() -> None:
    moments = [wakes_after(f"3301{number:02}") for number in range(100)]
    assert moments == [wakes_after(f"3301{number:02}") for number in range(100)]
    assert len(set(moments)) > 80
    assert min(moments) >= 60
    assert max(moments) < 660

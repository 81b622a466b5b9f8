"""`watch/<bureau>` on a real Temporal server: every local day, days missed, a moved clock."""

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

from plumbing.clock import SHANGHAI, FixedClock
from plumbing.workflow_client import WorkflowClient
from services.alerts.timers import Timers, wakes_after, watch_id
from services.alerts.workflows import WatchDone, WatchInput, WatchRun, WatchWorkflow
from tests.integration.events.support import eventually

DAY = timedelta(days=1)


class Mornings:
    """Notes up to which days the activity was asked to watch."""

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

    def had(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def enough() -> bool:
            return len(self.days) >= count

        return enough


@asynccontextmanager
async def working(client: Client, mornings: Mornings) -> AsyncIterator[str]:
    """A worker on a task queue of its own."""
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[WatchWorkflow],
        activities=[mornings.watch],
        workflow_failure_exception_types=[Exception],
    ):
        yield queue


@asynccontextmanager
async def watching(
    client: Client, queue: str, **told: Any
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    start = WatchInput(**{"bureau": "330106", "wakes_after": 0, **told})
    handle = await client.start_workflow(
        WatchWorkflow.run, start, id=f"watch/{uuid.uuid4()}", task_queue=queue
    )
    yield handle
    await client.get_workflow_handle(handle.id).terminate()


async def test_it_watches_every_local_day_shortly_after_midnight(skipper: TimeSkipper) -> None:
    mornings = Mornings()
    async with (
        working(skipper.client, mornings) as queue,
        watching(skipper.client, queue, wakes_after=600) as handle,
    ):
        await skipper.fast_forward(handle, 4 * DAY)
        await eventually(mornings.had(4))
    assert [day - mornings.days[0] for day in mornings.days[:4]] == [n * DAY for n in range(4)]
    for day, at in [*zip(mornings.days, mornings.at, strict=True)][1:]:
        local = at.astimezone(SHANGHAI)
        midnight = datetime.combine(day, datetime.min.time(), SHANGHAI)
        assert timedelta(minutes=10) <= local - midnight < timedelta(minutes=11)


async def test_a_moved_clock_has_the_days_missed_watched_in_one_run(skipper: TimeSkipper) -> None:
    mornings = Mornings()
    async with (
        working(skipper.client, mornings) as queue,
        watching(skipper.client, queue) as handle,
    ):
        await eventually(mornings.had(1))
        await handle.signal(WatchWorkflow.clock_moved, 10 * 86400.0)
        await eventually(mornings.had(2))
        await handle.signal(WatchWorkflow.clock_moved, 10 * 86400.0 + 1)
        await skipper.fast_forward(handle, DAY)
        await eventually(mornings.had(3))
    first, moved, after = mornings.days
    assert (moved - first, after - moved) == (10 * DAY, DAY)


async def test_a_day_watched_already_is_not_watched_again(temporal_client: Client) -> None:
    mornings = Mornings()
    today = datetime.now(SHANGHAI).date()  # noqa: TID251 - of the server, which keeps real time
    async with (
        working(temporal_client, mornings) as queue,
        watching(temporal_client, queue, watched_through=today) as handle,
    ):
        await handle.signal(WatchWorkflow.clock_moved, 86400.0)
        await eventually(mornings.had(1))
    assert mornings.days[0] > today


async def test_a_run_is_tried_until_it_is_done(temporal_client: Client) -> None:
    mornings = Mornings()
    mornings.failures = 2
    async with working(temporal_client, mornings) as queue, watching(temporal_client, queue):
        await eventually(mornings.had(1))
    assert len(mornings.days) == 1


async def test_it_goes_on_in_a_new_run_with_its_offset_and_its_day(temporal_client: Client) -> None:
    mornings = Mornings()
    async with (
        working(temporal_client, mornings) as queue,
        watching(temporal_client, queue, renew_after=1, offset_seconds=86400.0) as handle,
    ):
        await eventually(mornings.had(1))
        current = temporal_client.get_workflow_handle(handle.id)
        await current.signal(WatchWorkflow.clock_moved, 3 * 86400.0)
        await eventually(mornings.had(2))
        assert (await current.describe()).run_id != handle.first_execution_run_id
    assert mornings.days[1] - mornings.days[0] == 2 * DAY


async def test_whoever_finds_it_missing_starts_it_once(temporal_client: Client) -> None:
    mornings, bureau = Mornings(), "330106-T1"
    clock = FixedClock(datetime(2026, 9, 14, tzinfo=SHANGHAI))
    async with working(temporal_client, mornings) as queue:
        started = Timers(WorkflowClient(temporal_client, queue), clock)
        assert not await started.runs(watch_id(bureau))
        try:
            await started.watch(bureau, 86400.0)
            await started.watch(bureau, 3 * 86400.0)
            assert await started.runs(watch_id(bureau))
            await eventually(mornings.had(1))
        finally:
            await temporal_client.get_workflow_handle(watch_id(bureau)).terminate()
    assert not await started.runs(watch_id(bureau))


def test_bureaus_are_spread_over_minutes_each_always_at_its_own() -> None:
    moments = [wakes_after(f"3301{number:02}") for number in range(100)]
    assert moments == [wakes_after(f"3301{number:02}") for number in range(100)]
    assert len(set(moments)) > 80
    assert min(moments) >= 60
    assert max(moments) < 660

"""`regrade/daily` on a real Temporal server: a round each local day, and whenever it is woken."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper
from temporalio.worker import Worker

from plumbing import daily_starter
from plumbing.change import Changes
from plumbing.clock import SHANGHAI, Clock, FixedClock, SystemClock
from plumbing.daily import Moved, Round, Start, next_waking
from plumbing.daily_starter import DailyStarter
from plumbing.database import Database
from plumbing.grpc_errors import Away
from plumbing.identity import service_caller
from plumbing.workflow_client import WorkflowClient
from protos.registry.v1.events_pb2 import RecordsChanged, SubjectsChanged
from services.grading import commands
from services.grading.activities import Activities
from services.grading.tables import Grade
from services.grading.workflows import (
    ACTIVITY,
    WORKFLOW_ID,
    Regraded,
    RegradeDaily,
)
from tests.integration.events import support as events
from tests.integration.events.support import eventually
from tests.integration.grading.support import penalty, subject
from tests.offset_clock import OffsetClock
from tests.postgres import Databases

DAY = timedelta(days=1)


class Rounds:
    """Notes the days up to which the activity was asked to grade."""

    def __init__(self) -> None:
        self.days: list[date] = []
        self.failures = 0

    @activity.defn(name=ACTIVITY)
    async def regrade(self, round_: Round) -> Regraded:
        if self.failures:
            self.failures -= 1
            raise OSError("the database is away")
        self.days.append(round_.as_of)
        return Regraded(due=0, stale=0)

    def have(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def enough() -> bool:
            return len(self.days) >= count

        return enough


@asynccontextmanager
async def working(client: Client, rounds: Rounds) -> AsyncIterator[str]:
    """A worker on a task queue of its own."""
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[RegradeDaily],
        activities=[rounds.regrade],
        workflow_failure_exception_types=[Exception],
    ):
        yield queue


@asynccontextmanager
async def running(
    client: Client, queue: str, start: Start
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    handle = await client.start_workflow(
        RegradeDaily.run, start, id=f"regrade/{uuid.uuid4()}", task_queue=queue
    )
    yield handle
    await client.get_workflow_handle(handle.id).terminate()


def starter_of(client: Client, queue: str, clock: Clock | None = None) -> DailyStarter:
    clock = clock or FixedClock(datetime(2026, 9, 14, tzinfo=UTC))
    return DailyStarter(WorkflowClient(client, queue), clock, RegradeDaily.run, WORKFLOW_ID)


def at_noon() -> float:
    """An offset in seconds that makes it noon in Shanghai, so that no midnight comes by itself."""
    now = SystemClock().now().astimezone(SHANGHAI)
    return (now.replace(hour=12, minute=0, second=0) - now).total_seconds()


async def test_it_runs_a_round_at_once_and_on_every_local_day(skipper: TimeSkipper) -> None:
    rounds, start = Rounds(), Start(offset_seconds=at_noon())
    async with (
        working(skipper.client, rounds) as queue,
        running(skipper.client, queue, start) as handle,
    ):
        await eventually(rounds.have(1))
        await skipper.fast_forward(handle, 5 * DAY)
        await eventually(rounds.have(6))
    first = rounds.days[0]
    assert first == SystemClock().today()
    assert rounds.days == [first + number * DAY for number in range(6)]


async def test_after_a_clock_move_the_skipped_days_are_graded(skipper: TimeSkipper) -> None:
    rounds, noon = Rounds(), at_noon()
    async with (
        working(skipper.client, rounds) as queue,
        running(skipper.client, queue, Start(offset_seconds=noon)) as handle,
    ):
        await eventually(rounds.have(1))
        later = noon + 10 * DAY.total_seconds()
        await handle.signal(RegradeDaily.clock_moved, Moved(offset_seconds=later))
        await eventually(rounds.have(2))
        await handle.signal(RegradeDaily.clock_moved, Moved(offset_seconds=later + 1))
        await skipper.fast_forward(handle, DAY)
        await eventually(rounds.have(3))
    first, moved, after = rounds.days
    assert (moved - first, after - moved) == (10 * DAY, DAY)


async def test_a_round_is_tried_until_it_is_done(temporal_client: Client) -> None:
    rounds = Rounds()
    rounds.failures = 2
    async with (
        working(temporal_client, rounds) as queue,
        running(temporal_client, queue, Start()),
    ):
        await eventually(rounds.have(1))
    assert len(rounds.days) == 1


async def test_it_continues_as_new_with_its_offset(temporal_client: Client) -> None:
    rounds = Rounds()
    async with (
        working(temporal_client, rounds) as queue,
        running(temporal_client, queue, Start(rounds=1)) as handle,
    ):
        await eventually(rounds.have(1))
        current = temporal_client.get_workflow_handle(handle.id)
        await current.signal(RegradeDaily.look, Moved(offset_seconds=3 * 86400.0))
        await eventually(rounds.have(2))

        async def went_on() -> bool:
            return (await current.describe()).run_id != handle.first_execution_run_id

        await eventually(went_on)
        await current.signal(RegradeDaily.look, Moved(offset_seconds=3 * 86400.0))
        await eventually(rounds.have(3))
    first, *rest = rounds.days
    assert rest == [first + 3 * DAY] * 2


async def test_it_is_started_only_once(temporal_client: Client) -> None:
    rounds = Rounds()
    async with working(temporal_client, rounds) as queue:
        clock = OffsetClock()
        daily = starter_of(temporal_client, queue, clock)
        try:
            assert (await daily.reconcile()).started == [WORKFLOW_ID]
            assert (await daily.reconcile()).running == 1
            await eventually(rounds.have(1))
            await daily.look()
            await eventually(rounds.have(2))
            clock.seconds = 86400.0
            await daily.clock_moved()
            await eventually(rounds.have(3))
        finally:
            await temporal_client.get_workflow_handle(WORKFLOW_ID).terminate()
    assert rounds.days[2] - rounds.days[1] == DAY


async def test_waking_it_does_not_wait_for_temporal(
    temporal_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds, away = Rounds(), 2
    monkeypatch.setattr(daily_starter, "AGAIN_SECONDS", 0.01)
    async with working(temporal_client, rounds) as queue:
        daily = starter_of(temporal_client, queue)
        look = daily.look

        async def look_once_it_is_back() -> None:
            nonlocal away
            if away:
                away -= 1
                raise Away
            await look()

        monkeypatch.setattr(daily, "look", look_once_it_is_back)
        try:
            async with events.running(daily.run()):
                daily.wake()
                await eventually(rounds.have(1))
                daily.wake()
                await eventually(rounds.have(2))
        finally:
            await temporal_client.get_workflow_handle(WORKFLOW_ID).terminate()
    assert away == 0


async def test_due_subjects_are_graded_in_chunks_as_of_their_day(
    temporal_client: Client, tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "CHUNK", 2)
    database = await databases.migrated(tmp_path, "grading")
    clock = FixedClock(datetime(2026, 9, 14, 2, 0, tzinfo=UTC))
    changes = Changes(database, clock)
    async with changes.change(service_caller("grading")) as change:
        subjects = [subject(number) for number in range(5)]
        await commands.apply_subjects(change, SubjectsChanged(subjects=subjects))
        records = [penalty(number, subject_id=f"subj-{number}") for number in range(5)]
        await commands.apply_records(change, RecordsChanged(records=records))
    clock.moment = datetime(2031, 6, 1, 1, tzinfo=UTC)
    ahead = clock.moment - SystemClock().now()
    start = Start(offset_seconds=ahead.total_seconds())
    activities = Activities(changes)
    async with (
        Worker(
            temporal_client,
            task_queue="test-chunks",
            workflows=[RegradeDaily],
            activities=[activities.regrade],
        ),
        running(temporal_client, "test-chunks", start),
    ):
        await eventually(lambda: _all_from(database, date(2031, 5, 7), 5))
    await database.close()


async def _all_from(database: Database, day: date, count: int) -> bool:
    async with database.snapshot() as session:
        rows = await session.exec(select(Grade).where(col(Grade.in_force_from) == day))
        return [row.score for row in rows.all()] == [90] * count


@pytest.mark.parametrize(
    ("now", "waking"),
    [
        ("2026-09-14T23:59:59+08:00", "2026-09-15T00:05:00+08:00"),
        ("2026-09-15T00:04:59+08:00", "2026-09-15T00:05:00+08:00"),
        ("2026-09-15T00:05:00+08:00", "2026-09-16T00:05:00+08:00"),
        ("2026-12-31T16:10:00+00:00", "2027-01-02T00:05:00+08:00"),
    ],
)
def test_it_wakes_shortly_after_the_local_midnight(now: str, waking: str) -> None:
    assert next_waking(datetime.fromisoformat(now), 5) == datetime.fromisoformat(waking)

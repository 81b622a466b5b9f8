"""`retention/daily` on a real Temporal server: what is over goes, day by day, missed days too."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import ActivityEnvironment, TimeSkipper
from temporalio.worker import Worker

from law.evidence import RecordKind, Sector, SubjectKind
from plumbing.change import Change, Changes
from plumbing.clock import FixedClock, SystemClock
from plumbing.daily import Moved, Round, Start
from plumbing.identity import service_caller
from services.registry.announce_changes import save_records, save_subjects
from services.registry.institutions.tables import Institution
from services.registry.retention import activities
from services.registry.retention import expiry as retention
from services.registry.retention.activities import Activities
from services.registry.retention.workflows import ACTIVITY, Expired, RetentionDaily
from services.registry.tables import Bureau, Record, Subject
from tests.integration.events.support import eventually
from tests.postgres import Databases

DAY = timedelta(days=1)
REGISTRY = service_caller("registry")
NOW = datetime(2026, 9, 14, 2, 0, tzinfo=UTC)


class Rounds:
    """Notes the days up to which the activity was asked to let go."""

    def __init__(self) -> None:
        self.days: list[date] = []

    @activity.defn(name=ACTIVITY)
    async def expire(self, asked: Round) -> Expired:
        self.days.append(asked.as_of)
        return Expired(records=0)

    def have(self, count: int) -> Callable[[], Awaitable[bool]]:
        async def enough() -> bool:
            return len(self.days) >= count

        return enough


@asynccontextmanager
async def retaining(
    client: Client, work: Callable[..., Any], start: Start
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """The workflow with a worker of its own."""
    queue = f"test-{uuid.uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[RetentionDaily],
        activities=[work],
        workflow_failure_exception_types=[Exception],
    ):
        handle = await client.start_workflow(
            RetentionDaily.run, start, id=f"retention/{uuid.uuid4()}", task_queue=queue
        )
        yield handle
        await client.get_workflow_handle(handle.id).terminate()


def at_noon() -> float:
    """An offset in seconds with which it is noon in Shanghai: no midnight comes unasked."""
    return 12 * 3600.0 - (SystemClock().now().timestamp() + 8 * 3600) % 86400


async def test_it_looks_at_once_on_every_day_and_when_the_clock_was_moved(
    skipper: TimeSkipper,
) -> None:
    rounds, noon = Rounds(), at_noon()
    async with retaining(skipper.client, rounds.expire, Start(offset_seconds=noon)) as handle:
        await eventually(rounds.have(1))
        await skipper.fast_forward(handle, 2 * DAY)
        await eventually(rounds.have(3))
        moved = Moved(offset_seconds=noon + 365 * 86400.0)
        await handle.signal(RetentionDaily.clock_moved, moved)
        await eventually(rounds.have(4))
    first = rounds.days[0]
    assert rounds.days == [first, first + DAY, first + 2 * DAY, first + 367 * DAY]


async def test_what_is_over_leaves_the_archive_in_chunks(
    temporal_client: Client, tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "CHUNK", 2)
    database = await databases.migrated(tmp_path, "registry")
    clock = FixedClock(NOW)
    changes = Changes(database, clock)
    await enter_five(changes)
    clock.moment = datetime(2031, 9, 15, 4, tzinfo=UTC)
    ahead = clock.moment - SystemClock().now()
    start = Start(offset_seconds=ahead.total_seconds())

    async def all_gone() -> bool:
        async with database.snapshot() as session:
            rows = [await session.get_one(Record, f"r{number}") for number in range(5)]
        return [row.status_on for row in rows] == [date(2031, 9, 11 + n) for n in range(5)]

    async with retaining(temporal_client, Activities(changes).expire, start):
        await eventually(all_gone)
    await database.close()


async def test_an_institution_that_cannot_be_told_stops_no_round(
    tmp_path: Path, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    database, told = await databases.migrated(tmp_path, "registry"), list[str]()
    changes = Changes(database, FixedClock(NOW))
    async with changes.change(REGISTRY) as change:
        change.session.add(Bureau(code="330106", name="测试区市场监督管理局"))
        change.session.add_all(
            Institution(institution_id=one, name=one, bureau="330106") for one in ("bad", "good")
        )
        change.audit("test", "test/institutions")

    async def tell(_change: Change, institution_id: str, _on: date) -> None:
        if institution_id == "bad":
            raise ValueError(institution_id)
        told.append(institution_id)

    monkeypatch.setattr(activities, "tell", tell)
    today = Round(as_of=date(2026, 9, 14))
    done = await ActivityEnvironment().run(Activities(changes).expire, today)
    assert (done.records, done.correction, told) == (0, None, ["good"])
    await database.close()


async def enter_five(changes: Changes) -> None:
    async with changes.change(REGISTRY) as change:
        change.session.add(Bureau(code="330106", name="测试区市场监督管理局"))
        await change.session.flush()
        owner = Subject(
            subject_id="s",
            kind=SubjectKind.ORGANISATION,
            name="测试加油站",
            bureau="330106",
            sector=Sector.FUEL_STATION,
        )
        await save_subjects(change, [owner])
        days = [date(2026, 9, 10 + number) for number in range(5)]
        rows = [
            Record(
                record_id=f"r{number}",
                subject_id="s",
                bureau="330106",
                kind=RecordKind.PENALTY,
                occurred_on=day,
                determined_on=day,
                entered_on=day,
                source_ref=f"测试罚字{number}号",
            )
            for number, day in enumerate(days)
        ]
        await save_records(change, rows)
        change.audit("test", "test/records")

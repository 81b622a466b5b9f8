"""The year-end adjustment of classes, by `regrade/daily` on a real Temporal server (C-17).

An adverse record of March means class 3 from the next 1 January; two clean years lead from 3 to 2.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlmodel import col, select
from temporalio.client import WorkflowHandle
from temporalio.testing import ActivityEnvironment, TimeSkipper
from temporalio.worker import Worker

from plumbing.audit import AuditEntry
from plumbing.change import Changes
from plumbing.clock import FixedClock, SystemClock
from plumbing.daily import Moved, Round, Start
from plumbing.identity import Role, service_caller
from protos.grading.v1 import assessments_pb2 as pb
from protos.registry.v1 import registry_pb2 as registry
from protos.registry.v1.events_pb2 import RecordsChanged, SubjectsChanged
from services.grading import commands
from services.grading.activities import Activities
from services.grading.tables import Grade, YearEnd
from services.grading.workflows import RegradeDaily
from tests.integration.events.support import eventually
from tests.integration.grading.assessment_server import serving_assessments
from tests.integration.grading.support import penalty, subject
from tests.postgres import Databases

HEPING, HEDONG = "120101", "120102"
MARCH, SPRING = date(2026, 3, 10), datetime(2026, 4, 1, 2, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def shop(number: int, bureau: str = HEPING) -> registry.Subject:
    return subject(number, bureau=bureau, sector="optical")


def record(number: int, kind: str, on: date, subject_id: str) -> registry.Record:
    return penalty(
        number,
        kind=kind,
        subject_id=subject_id,
        bureau=HEPING,
        occurred_on=on.isoformat(),
        determined_on=on.isoformat(),
        entered_on=on.isoformat(),
    )


@pytest.fixture
async def tianjin(tmp_path: Path, databases: Databases) -> AsyncIterator[Changes]:
    """Three shops in class 2: one was fined in March, one did all that is good, one did nothing."""
    database = await databases.migrated(tmp_path, "grading")
    changes = Changes(database, FixedClock(SPRING))
    async with changes.change(service_caller("grading")) as change:
        shops = [shop(1), shop(2), shop(3, HEDONG)]
        await commands.apply_subjects(change, SubjectsChanged(subjects=shops))
    good = ("compliance", "sound_management", "commitment_kept")
    records = [record(9, "penalty", MARCH, "subj-1")]
    records += [record(n, kind, MARCH, "subj-2") for n, kind in enumerate(good)]
    async with changes.change(service_caller("grading")) as change:
        await commands.apply_records(change, RecordsChanged(records=records))
    yield changes
    await database.close()


@asynccontextmanager
async def daily(
    skipper: TimeSkipper, changes: Changes, now: datetime
) -> AsyncIterator[WorkflowHandle[Any, Any]]:
    """The daily workflow with its real activity, on a platform on which it is `now`."""
    queue = f"test-{uuid.uuid4()}"
    start = Start(offset_seconds=offset_to(now), rounds=1000)
    async with Worker(
        skipper.client,
        task_queue=queue,
        workflows=[RegradeDaily],
        activities=[Activities(changes).regrade],
    ):
        handle = await skipper.client.start_workflow(
            RegradeDaily.run, start, id=f"regrade/{uuid.uuid4()}", task_queue=queue
        )
        yield handle
        await skipper.client.get_workflow_handle(handle.id).terminate()


def set_clock(changes: Changes, moment: datetime) -> None:
    assert isinstance(changes.clock, FixedClock)
    changes.clock.moment = moment


def offset_to(now: datetime) -> float:
    return (now - SystemClock().now()).total_seconds()


def noon(year: int, month: int, day: int) -> datetime:
    return datetime(year, month, day, 4, tzinfo=UTC)


async def classes(changes: Changes) -> dict[str, list[tuple[date, str | None]]]:
    """The classes now known of each shop, with their first days."""
    known = select(Grade).where(col(Grade.known_to).is_(None)).order_by(col(Grade.in_force_from))
    by_subject: dict[str, list[tuple[date, str | None]]] = {}
    async with changes.database.snapshot() as session:
        for row in (await session.exec(known)).all():
            by_subject.setdefault(row.subject_id, []).append((row.in_force_from, row.grade))
    return by_subject


def closed(changes: Changes, years: int) -> Callable[[], Awaitable[bool]]:
    async def enough() -> bool:
        async with changes.database.snapshot() as session:
            return (await session.exec(select(sa.func.count()).select_from(YearEnd))).one() >= years

    return enough


async def entries(changes: Changes) -> list[AuditEntry]:
    query = select(AuditEntry).where(col(AuditEntry.action) == "year_end")
    async with changes.database.snapshot() as session:
        return list((await session.exec(query.order_by(col(AuditEntry.entry_id)))).all())


async def test_classes_change_at_the_turn_of_the_year_and_hold_for_the_year(
    skipper: TimeSkipper, tianjin: Changes
) -> None:
    async with daily(skipper, tianjin, noon(2026, 12, 31)) as handle:
        set_clock(tianjin, noon(2027, 1, 1))
        await skipper.fast_forward(handle, DAY)
        await eventually(closed(tianjin, 1))
        first = await classes(tianjin)
        [entry] = await entries(tianjin)
        set_clock(tianjin, noon(2029, 1, 1))
        # The end of 2027 is made up for on the last day of 2028; then a day is skipped.
        later = Moved(offset_seconds=offset_to(noon(2028, 12, 31)) - DAY.total_seconds())
        await handle.signal(RegradeDaily.clock_moved, later)
        await eventually(closed(tianjin, 2))
        await skipper.fast_forward(handle, DAY)
        await eventually(closed(tianjin, 3))
    new_year = date(2027, 1, 1)
    assert {subject_id: grades[-1] for subject_id, grades in first.items()} == {
        "subj-1": (new_year, "3"),
        "subj-2": (new_year, "1"),
        "subj-3": (new_year, "2"),
    }
    assert [grades[0][1] for grades in first.values()] == ["2", "2", "2"]
    assert entry.object == "year-end/tianjin-pilot/2026"
    assert entry.after == {
        "subjects": 3,
        "moved": 2,
        "moves": {"2→1": 1, "2→3": 1, "2→2": 1},
    }
    assert "S0 附件三1" in entry.ground
    fined = (await classes(tianjin))["subj-1"]
    moved = [(on.year, one) for on, one in fined if (on.month, on.day) == (1, 1)]
    assert moved == [(2027, "3"), (2028, "3"), (2029, "2")]
    assert [one.object[-4:] for one in await entries(tianjin)] == ["2026", "2027", "2028"]


async def test_each_missed_year_is_closed_once(tianjin: Changes, tmp_path: Path) -> None:
    activities = Activities(tianjin)

    async def round_of(day: date) -> None:
        set_clock(tianjin, noon(day.year, day.month, day.day))
        await ActivityEnvironment().run(activities.regrade, Round(as_of=day))

    await round_of(date(2026, 12, 31))
    assert await entries(tianjin) == []
    await round_of(date(2027, 1, 1))
    await round_of(date(2027, 1, 1))
    assert len(await entries(tianjin)) == 1
    await round_of(date(2030, 6, 1))  # off for three years
    assert [one.object[-4:] for one in await entries(tianjin)] == ["2026", "2027", "2028", "2029"]
    async with serving_assessments(tianjin.database, tianjin.clock, tmp_path) as sign_in:
        city = sign_in(Role.UNIT_HEAD, bureau="120000")
        district = sign_in(Role.INSPECTOR, bureau=HEDONG)
        whole = await city.ListYearEnds(pb.ListYearEndsRequest())
        page = await city.ListYearEnds(pb.ListYearEndsRequest(page_size=3))
        rest = pb.ListYearEndsRequest(page_size=3, page_token=page.next_page_token)
        pages = [*page.year_ends, *(await city.ListYearEnds(rest)).year_ends]
        own = (await district.ListYearEnds(pb.ListYearEndsRequest())).year_ends[-1]
    assert [one.year for one in whole.year_ends] == [2029, 2028, 2027, 2026]
    assert pages == list(whole.year_ends)
    first = whole.year_ends[-1]
    assert (first.subjects, first.moved) == (3, 2)
    assert (own.subjects, own.moved) == (1, 0)
    assert {one.bureau for one in own.moves} == {HEDONG}

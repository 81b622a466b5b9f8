"""On PostgreSQL, where two changes run at once, a release and a decision take turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from nats.js import JetStreamContext

from law.errors import WrongState
from plumbing.identity import service_caller
from plumbing.settings import Settings
from protos.alerts.v1 import exposure_lists_pb2 as pb
from protos.objection.v1 import objection_pb2
from services.alerts.exposure_lists import commands
from services.alerts.exposure_lists.endings import follow_decision
from tests.integration.alerts.escalation_desk import UNIT_HEAD
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, bureau, subject
from tests.integration.alerts.test_exposure_lists import Lists
from tests.integration.conftest import NewDatabase
from tests.integration.events.support import eventually, running
from tests.postgres import Databases

DELETED = objection_pb2.Case(
    case_id="o1", number="异议〔2026〕1号", kind="objection", subject_id="s1", bureau=BUREAU,
    state="closed", version=1, outcome="delete",
    items=[objection_pb2.ContestedItem(target="record", id="r1")],
)  # fmt: skip


@pytest.fixture
async def lists(
    tmp_path: Path, jetstream: JetStreamContext, new_database: NewDatabase, postgresql: Databases
) -> AsyncIterator[Lists]:
    """An untrusted subject of a bureau, in a database on PostgreSQL."""
    database = await postgresql.migrated(tmp_path, "alerts")
    settings = Settings(data_dir=tmp_path)
    alerts = RunningAlerts(await new_database("registry"), database, jetstream, settings)
    async with running(*(work() for work in alerts.work)):
        await alerts.put(bureau(), subject(1))
        lists = Lists(alerts)
        await lists.untrusted()
        yield lists
    await database.close()


async def somebody_waits(lists: Lists) -> bool:
    waiting = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with lists.alerts.database.snapshot() as session:
        return bool(await (await session.connection()).scalar(waiting))


async def test_a_release_does_not_make_public_what_a_decision_struck_meanwhile(
    lists: Lists,
) -> None:
    one = await lists.review(await lists.compile("s1"))
    async with lists.alerts.changes.change(service_caller("alerts")) as change:
        await follow_decision(change, DELETED, "s1")
        releasing = asyncio.create_task(lists.release(one))
        await eventually(lambda: somebody_waits(lists))
    with pytest.raises(WrongState, match="left"):
        await releasing
    assert await lists.shown() == []
    [entry] = (await lists.read(one)).entries
    assert (entry.state, entry.ended_why) == ("struck", "objection")


async def test_a_decision_takes_down_what_a_release_made_public_meanwhile(lists: Lists) -> None:
    one = await lists.review(await lists.compile("s1"))

    async def decide() -> None:
        async with lists.alerts.changes.change(service_caller("alerts")) as change:
            await follow_decision(change, DELETED, "s1")

    request = pb.ReleaseExposureListRequest(list_id=one.list_id, media=["本局网站"])
    async with lists.alerts.changes.change(UNIT_HEAD) as change:
        await commands.release_list(change, request, public=lists.public)
        deciding = asyncio.create_task(decide())
        await eventually(lambda: somebody_waits(lists))
    await deciding
    assert await lists.shown() == []
    [entry] = (await lists.read(one)).entries
    assert (entry.state, entry.ended_why) == ("taken_down", "objection")

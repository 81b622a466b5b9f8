"""A refused activity of a case is announced once, and reported until the case is settled."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import select

from law.objection import CaseState, Outcome
from plumbing import migrations
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.events.outbox import Outbox
from plumbing.identity import service_caller
from protos.objection.v1 import events_pb2 as events
from services.objection import steps
from services.objection.messages import Stuck
from services.objection.tables import Case, CaseStep
from tests.postgres import Databases

NOW = datetime(2026, 9, 14, 1, tzinfo=UTC)
STUCK = Stuck(case_id="c1", step="carry_out", why="ALREADY_EXISTS: 已有相同信息")


def decided_case() -> Case:
    return Case(
        case_id="c1",
        number="异议〔2026〕330106-0001号",
        subject_id="s1",
        bureau="330106",
        record_ids=["r1"],
        records_as_lodged=[],
        state=CaseState.DECIDED,
        version=4,
        grounds="记录有误",
        evidence=[],
        lodged_by="operator",
        lodged_at=NOW,
        outcome=Outcome.CORRECT,
        decided_by="caseworker",
        decided_at=NOW,
    )


async def test_a_refused_step_is_announced_once(tmp_path: Path, databases: Databases) -> None:
    database = Database(databases.url(tmp_path, "objection"))
    await migrations.upgrade(database, "objection")
    changes = Changes(database, FixedClock(NOW))
    async with database.transaction() as session:
        session.add(decided_case())
    for announced in (True, False):
        async with changes.change(service_caller("objection")) as change:
            assert await steps.report_stuck(change, STUCK) is announced
    async with database.snapshot() as session:
        payload = (await session.exec(select(Outbox.payload))).one()
        written = (await session.exec(select(sa.func.count()).select_from(CaseStep))).one()
    event = events.TermRungReached.FromString(payload)
    assert (event.rung, written) == ("stuck/carry_out", 1)
    assert "ALREADY_EXISTS" in event.message_zh
    assert event.case.number in event.message_zh
    await database.close()

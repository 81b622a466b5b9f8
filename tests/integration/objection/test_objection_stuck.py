"""A refused activity of a case is announced once, and reported until the case is settled."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import WrongState
from law.objection import CaseState, Outcome, Permission
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.events.outbox import Outbox
from plumbing.identity import Caller, Role, service_caller
from protos.identity.v1 import identity_pb2
from protos.objection.v1 import desk_pb2 as pb
from protos.objection.v1 import events_pb2 as events
from services.objection import stuck
from services.objection.desk.assigning import Desk, assign
from services.objection.hearers import Hearing
from services.objection.messages import Stuck
from services.objection.tables import Case, CaseStep, StuckStep
from tests.postgres import Databases

NOW = datetime(2026, 9, 14, 1, tzinfo=UTC)
HEAD = Caller("head", "head", frozenset({Role.UNIT_HEAD}), "330106")
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
    database = await databases.migrated(tmp_path, "objection")
    changes = Changes(database, FixedClock(NOW))
    async with database.transaction() as session:
        session.add(decided_case())
    for announced in (True, False):
        async with changes.change(service_caller("objection")) as change:
            assert await stuck.report_stuck(change, STUCK) is announced
    async with database.snapshot() as session:
        payload = (await session.exec(select(Outbox.payload))).one()
        written = (await session.exec(select(sa.func.count()).select_from(CaseStep))).one()
    event = events.TermRungReached.FromString(payload)
    assert (event.rung, written) == ("stuck/carry_out", 1)
    assert "ALREADY_EXISTS" in event.message_zh
    assert event.case.number in event.message_zh
    async with changes.change(HEAD) as change:
        request = pb.RetryCaseRequest(request_id="", case_id="c1")
        assert (await stuck.retry(change, request)).case.version > 4
    async with changes.change(HEAD) as change:
        with pytest.raises(WrongState):
            await stuck.retry(change, request)
    # Refused again, it is announced again, with the new cause.
    again = STUCK.model_copy(update={"why": "UNAVAILABLE"})
    async with changes.change(service_caller("objection")) as change:
        assert await stuck.report_stuck(change, again)
    async with database.snapshot() as session:
        row = await session.get_one(StuckStep, ("c1", "carry_out"))
        assert (row.why, row.retried_at) == ("UNAVAILABLE", None)
        told = (await session.exec(select(CaseStep.step).order_by(col(CaseStep.seq)))).all()
    assert told == ["stuck", "retry", "stuck"]
    await database.close()


async def test_a_stuck_case_is_carried_out_for_whoever_gets_it(
    tmp_path: Path, databases: Databases
) -> None:
    database = await databases.migrated(tmp_path, "objection")
    changes = Changes(database, FixedClock(NOW))
    async with database.transaction() as session:
        session.add(decided_case())
    people = [
        identity_pb2.UnitPerson(account_id=one, display_name=one, bureau="330106")
        for one in ("caseworker", "colleague")
    ]
    desk = Desk(Hearing([(person, Permission(True, "S3 27")) for person in people]))
    giving = pb.AssignCaseRequest(case_id="c1", account_id="colleague", from_account="")
    async with changes.change(HEAD) as change:
        with pytest.raises(WrongState):  # it has its result, and nothing is stuck
            await assign(change, giving, desk=desk)
    async with changes.change(service_caller("objection")) as change:
        await stuck.report_stuck(change, STUCK)
    async with changes.change(HEAD) as change:
        given = (await assign(change, giving, desk=desk)).case
    assert (given.caseworker, given.carried_by, given.decided_by) == (
        *("colleague", "colleague"),
        "caseworker",
    )
    async with database.snapshot() as session:
        case = await session.get_one(Case, "c1")
        assert case.acting_for == "colleague"
        assert not await stuck.waiting_steps(session, "c1")
    await database.close()

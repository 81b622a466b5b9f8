"""Attacker: an official who acted in an objection, and wants a say in what follows it.

They have their own account, in the role that the act needs. They asked for or decided on an
extension, accepted, declined or decided the first case, and act again in its reconsideration or in
the objection that was sent back.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from law.errors import NotPermitted
from law.objection import CaseKind, CaseState, Step
from law.separation import parts
from law.terms.ledger import start
from law.terms.workdays import edition
from plumbing.change import Changes
from plumbing.clock import FixedClock
from plumbing.database import Database
from plumbing.identity import Caller, Role
from protos.objection.v1 import objection_pb2 as pb
from services.objection import commands
from services.objection.tables import Case, CaseStep
from tests.postgres import Databases

NOW = datetime(2026, 9, 14, 1, 0, tzinfo=UTC)
CITY = "330100"
EVERY_ROLE = frozenset({Role.CASEWORKER, Role.MUNICIPAL_REVIEWER, Role.UNIT_HEAD})
CHANGES_NOTHING = ("request_supplement", "rung", "letter")


def case(name: str, kind: CaseKind, follows: str = "") -> Case:
    term = start("reconsideration", date(2026, 9, 14), edition())
    asked = CaseState.EXTENSION_REQUESTED if follows else CaseState.CLOSED
    return Case(
        case_id=name,
        kind=kind,
        number=name,
        follows=follows,
        subject_id="firm",
        bureau=CITY,
        record_ids=["record"],
        records_as_lodged=[],
        state=asked,
        version=1,
        grounds="合成",
        evidence=[],
        lodged_by="firm",
        lodged_at=NOW,
        accepted_at=NOW,
        term=term.to_json(),
        extension_requested_by="reviewer",
        extension_requested_days=5,
        extension_ground="须技术鉴定（合成）",
    )


@pytest.fixture
async def matter(tmp_path: Path, databases: Databases) -> AsyncIterator[Database]:
    """An objection, its reconsideration, and the objection that this one sent back."""
    database = await databases.migrated(tmp_path, "objection")
    async with database.transaction() as session:
        session.add(case("first", CaseKind.OBJECTION))
        session.add(case("review", CaseKind.RECONSIDERATION, "first"))
        session.add(case("anew", CaseKind.OBJECTION, "review"))
        for step in (*parts().steps, *CHANGES_NOTHING):
            row = CaseStep(case_id="first", step=step, at=NOW, actor=f"who-{step}", cite="S3 27")
            session.add(row)
        session.add(
            CaseStep(case_id="review", step="decide", at=NOW, actor="reviewer-1", cite="S3 27")
        )
    yield database
    await database.close()


async def extend(database: Database, case_id: str, person: str) -> pb.Case:
    request = pb.DecideExtensionRequest(case_id=case_id, approve=True)
    caller = Caller(person, person, EVERY_ROLE, CITY)
    async with Changes(database, FixedClock(NOW)).change(caller) as change:
        return (await commands.decide_extension(change, request)).case


async def decide(database: Database, case_id: str, person: str) -> None:
    request = pb.DecideObjectionRequest(case_id=case_id, outcome="uphold", reasons="合成")
    caller = Caller(person, person, EVERY_ROLE, CITY)
    async with Changes(database, FixedClock(NOW)).change(caller) as change:
        await commands.decide(change, request, records=[])


@pytest.mark.parametrize("step", sorted(parts().steps))
@pytest.mark.parametrize("case_id", ["review", "anew"])
async def test_whoever_acted_in_a_case_has_no_say_in_what_follows_it(
    matter: Database, case_id: str, step: str
) -> None:
    assert step in set(Step)
    for act in (extend, decide):
        with pytest.raises(NotPermitted, match="took part in the first decision") as refused:
            await act(matter, case_id, f"who-{step}")
        assert refused.value.cite == "S3 27"


async def test_whoever_reconsidered_has_no_say_in_what_was_sent_back(matter: Database) -> None:
    for act in (extend, decide):
        with pytest.raises(NotPermitted):
            await act(matter, "anew", "reviewer-1")


@pytest.mark.parametrize("step", CHANGES_NOTHING)
async def test_others_extend(matter: Database, step: str) -> None:
    extended = await extend(matter, "review", f"who-{step}")
    assert extended.state == "accepted"
    await decide(matter, "anew", "somebody")

"""Attacker: a caseworker, who alone enters an adverse record and has the public see a worse grade.

They have their own account of the bureau. The grade of the archive follows their record at once, as
the law has it; what the public is shown must not, until a second person has released the record.
"""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from google.protobuf.message import Message
from sqlmodel import col, select

from plumbing.change import Changes
from plumbing.events.outbox import Outbox
from plumbing.identity import Caller, Role, service_caller
from plumbing.view import open_view
from protos.grading.v1 import grading_pb2 as pb
from protos.grading.v1.events_pb2 import PublicGradeDiffers
from protos.registry.v1 import events_pb2 as events
from services.grading.commands import regrade_due
from services.grading.queries import get_grade, list_grades_in_force
from services.grading.tables import PublicGrade
from tests.integration.conftest import _nats_process, jetstream, new_database
from tests.integration.grading.conftest import platform
from tests.integration.grading.support import HANGZHOU, Platform, penalty, subject

__all__ = ["_nats_process", "jetstream", "new_database", "platform"]
PUBLIC = Caller("public", "public", frozenset({Role.PUBLIC}))
STAFF = Caller("staff", "staff", frozenset({Role.CASEWORKER}), HANGZHOU)
FIRM = Caller("firm", "firm", frozenset({Role.OPERATOR}), subject_id="subj-1")


@pytest.fixture
async def firm(platform: Platform) -> Platform:
    await platform.tell_subjects(subject())
    platform.pass_days(3)
    return platform


async def seen(platform: Platform, caller: Caller) -> pb.Grade:
    """The grade as a caller sees it, by either call."""
    async with open_view(platform.database, platform.clock, caller) as view:
        one = (await get_grade(view, pb.GetGradeRequest(subject_id="subj-1"))).grade
        asked = pb.ListGradesInForceRequest(subject_ids=["subj-1"])
        [listed] = (await list_grades_in_force(view, asked)).grades
    assert listed == one
    return one


async def told_of_the_public(platform: Platform) -> list[PublicGradeDiffers]:
    """What grading announced of the public being shown another grade."""
    query = select(Outbox.payload).where(col(Outbox.subject).contains("public_grade_differs"))
    async with platform.database.snapshot() as session:
        rows = await session.exec(query.order_by(col(Outbox.seq)))
        return [PublicGradeDiffers.FromString(payload) for payload in rows.all()]


async def publish(platform: Platform, revision: int, **values: object) -> None:
    """The registry tells that the record was released, or waits again."""
    state = events.RecordPublication(record_id="rec-1", subject_id="subj-1", revision=revision)
    state.MergeFrom(events.RecordPublication(**values))  # type: ignore[arg-type]
    told: Message = events.PublicationsChanged(publications=[state])
    await platform.tell(told)


async def test_the_public_sees_no_trace_of_a_record_that_nobody_released(firm: Platform) -> None:
    before = await seen(firm, PUBLIC)
    await firm.tell_records(penalty())
    assert await seen(firm, PUBLIC) == before
    for caller in (STAFF, FIRM):
        real = await seen(firm, caller)
        assert real.score < before.score
        assert real.receipt_id
    await firm.tell_records(penalty(version=2, contested=True))
    assert await seen(firm, PUBLIC) == before


async def test_the_public_grade_falls_when_the_record_is_released(firm: Platform) -> None:
    before = await seen(firm, PUBLIC)
    await firm.tell_records(penalty())
    await publish(firm, 2, released=True)
    after = await seen(firm, PUBLIC)
    assert after.score == (await seen(firm, STAFF)).score < before.score
    assert (after.receipt_id, await firm.rows(PublicGrade)) == ("", [])
    await publish(firm, 1, released=False)  # an older word comes late
    assert await seen(firm, PUBLIC) == after
    assert await told_of_the_public(firm) == []  # what the public was shown is what is in force
    await publish(firm, 3, released=False)  # it was corrected, and waits again
    shown = await seen(firm, PUBLIC)
    assert shown.score == before.score
    [told] = await told_of_the_public(firm)
    assert told.shown == shown
    assert told.at.ToDatetime(UTC) < firm.clock.now()


async def test_the_public_grade_falls_on_the_first_day_of_publication(firm: Platform) -> None:
    before = await seen(firm, PUBLIC)
    await firm.tell_records(penalty())
    first = firm.clock.today() + timedelta(days=7)
    await publish(firm, 1, released=True, public_from=first.isoformat())
    assert await seen(firm, PUBLIC) == before
    changes = Changes(firm.database, firm.clock)
    for days, due in ((6, 0), (1, 1), (0, 0)):
        firm.pass_days(days)
        async with changes.change(service_caller("grading")) as change:
            assert len(await regrade_due(change, firm.clock.today(), "")) == due
    assert (await seen(firm, PUBLIC)).score == (await seen(firm, STAFF)).score < before.score


async def test_good_conduct_counts_for_the_public_beside_what_waits(firm: Platform) -> None:
    await firm.tell_records(penalty())
    await firm.tell_records(penalty(2, kind="award", severity=""))
    good, real = await seen(firm, PUBLIC), await seen(firm, STAFF)
    assert good.score > real.score
    assert (good.grade_id, good.receipt_id) != (real.grade_id, real.receipt_id)
    await firm.tell_records(penalty(3))  # another that waits moves nothing
    assert await seen(firm, PUBLIC) == good

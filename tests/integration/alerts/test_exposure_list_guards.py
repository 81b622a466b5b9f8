"""What keeps a subject off an exposure list, or takes it down again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from law.errors import InvalidInput, WrongState
from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from services.alerts.checks import Checks
from services.alerts.escalation.tables import Contest, StandingGrade
from services.alerts.exposure_lists.tables import ExposureEntry
from tests.integration.alerts.escalation_desk import EscalationDesk, passed, rejected
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, instrument, subject
from tests.integration.alerts.test_cases_of_grades import contest, grade
from tests.integration.alerts.test_exposure_lists import NATIONAL, Lists, faults


@pytest.fixture
async def lists(alerts: RunningAlerts) -> Lists:
    """An untrusted subject of a bureau."""
    alerts.timers.running.add(f"watch/{BUREAU}")
    lists = Lists(alerts)
    await lists.untrusted()
    return lists


async def test_only_what_was_reviewed_becomes_public(lists: Lists) -> None:
    one = await lists.review(await lists.compile("s1"))
    await grade(lists.alerts, NATIONAL, "untrusted", "receipt-2")  # the same grade, computed anew
    await lists.alerts.put(subject(1, 2, name="改名后的单位"))
    with pytest.raises(WrongState) as refused:
        await lists.release(one)
    assert faults(refused).startswith("entries[0] 改名后的单位：公开的内容在编制之后变动")
    assert await lists.shown() == []
    await lists.take_down(one.entries[0])
    again = await lists.released("s1")
    assert again.entries[0].statement.startswith("改名后的单位：")
    assert again.entries[0].ground.receipt_id == "receipt-2"


async def test_red_alerts_that_changed_after_the_review_do_not_become_public(
    desk: EscalationDesk, alerts: RunningAlerts
) -> None:
    lists = Lists(alerts)
    await alerts.put(instrument(2), rejected(2, instrument_id="i2"))
    await desk.propose_exposure()
    one = await lists.review(await lists.compile("s1"))
    await alerts.put(passed(3, 2, alerts.today))
    with pytest.raises(WrongState) as refused:
        await lists.release(one)
    assert "公开的内容在编制之后变动" in faults(refused)
    assert await lists.shown() == []


async def test_an_objection_that_was_sent_back_keeps_its_subject_off_the_lists(
    lists: Lists,
) -> None:
    case = objection_pb2.Case(
        case_id="o2", number="异议〔2026〕2号", kind="objection", subject_id="s1", bureau=BUREAU,
        state="accepted", version=1, follows="r1",
        items=[objection_pb2.ContestedItem(target="record", id="r1")],
        term=objection_pb2.Term(target_on="2026-10-16"),
    )  # fmt: skip
    await lists.alerts.announce(objection.ObjectionSentBack(case=case), aggregate="objection/o2")
    assert await lists.candidates() == {"s1": ["异议、复核尚未办结（异议〔2026〕2号）"]}
    case.state, case.outcome, case.version = "closed", "uphold", 2
    await lists.alerts.announce(objection.ObjectionClosed(case=case), aggregate="objection/o2")
    assert await lists.candidates() == {"s1": []}


async def test_a_repair_contests_nothing(lists: Lists) -> None:
    repair = objection_pb2.Case(
        case_id="p1", number="修复〔2026〕1号", kind="repair", subject_id="s1", bureau=BUREAU,
        state="lodged", version=1, record_ids=["r1"],
    )  # fmt: skip
    await lists.alerts.announce(objection.RepairLodged(case=repair), aggregate="repair/p1")
    assert await lists.candidates() == {"s1": []}
    assert await lists.alerts.rows(Contest) == []


async def test_a_repair_that_an_earlier_release_kept_contests_nothing(lists: Lists) -> None:
    kept = Contest(case_id="p1", subject_id="s1", number="修复〔2026〕1号", running=True, version=1)
    async with lists.alerts.database.transaction() as session:
        session.add(kept)
    assert await lists.candidates() == {"s1": []}


async def test_an_objection_that_ran_at_the_release_and_is_heard_of_later_takes_the_entry_down(
    lists: Lists,
) -> None:
    await lists.released("s1")
    lists.alerts.clock.moment -= timedelta(minutes=1)
    await contest(lists.alerts, "lodged", 1, "record/r1")
    assert await lists.shown() == []
    [entry] = await lists.alerts.rows(ExposureEntry)
    assert (entry.ended_why, entry.ended_by) == ("contested", "")


async def test_every_fault_of_a_new_list_is_named(lists: Lists) -> None:
    with pytest.raises(InvalidInput) as refused:
        await lists.compile("nobody", "s1", "s1")
    assert faults(refused) == (
        "subject_ids[0] 没有这个主体 subject_ids[2] 测试单位1：一份名单中只列一次"
    )


async def test_an_entry_that_stands_without_a_ground_is_found_and_taken_down(
    lists: Lists,
) -> None:
    alerts = lists.alerts
    one = await lists.released("s1")
    async with alerts.database.transaction() as session:
        (await session.get_one(StandingGrade, "s1")).grade = "trusted"  # no event told of it
    assert await lists.problems() == ["exposure.ground_over"]
    assert await lists.shown() == ["s1"]
    await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    assert await lists.shown() == []
    [entry] = (await lists.read(one)).entries
    assert (entry.state, entry.ended_why, entry.ended_by) == ("taken_down", "ground", "")
    assert await lists.problems() == []

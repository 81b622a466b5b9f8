"""Exposure lists beside the follow-up of single subjects: one publication, and decisions hold."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from law.errors import WrongState
from protos.alerts.v1 import escalations_pb2 as pb
from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from services.alerts.escalation import commands, interviews
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    OPERATOR,
    UNIT_HEAD,
    EscalationDesk,
    passed,
    rejected,
)
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, instrument, subject
from tests.integration.alerts.test_cases_of_grades import grade
from tests.integration.alerts.test_exposure_lists import NATIONAL, Lists, faults


@pytest.fixture
async def graded(alerts: RunningAlerts) -> tuple[EscalationDesk, Lists]:
    """An untrusted subject whose interview is appointed."""
    alerts.timers.running.add(f"watch/{BUREAU}")
    desk, lists = EscalationDesk(alerts), Lists(alerts)
    await lists.untrusted()
    await desk.propose_next_step()
    await desk.approve("reminder")
    await desk.propose_next_step()
    await desk.approve("interview", appointment=desk.appointment())
    alerts.pass_days(3)
    return desk, lists


async def test_nobody_is_exposed_by_the_decision_of_one_person(
    desk: EscalationDesk, alerts: RunningAlerts
) -> None:
    await desk.propose_exposure()
    with pytest.raises(WrongState, match="another reviews it") as refused:
        await desk.approve("exposure", UNIT_HEAD)
    assert refused.value.cite == "S1 12(二); S1 19; S1 18; S1 19"
    lists = Lists(alerts)
    assert await lists.shown() == []
    assert (await desk.case()).state == "proposed"
    one = await lists.compile("s1")
    for caller, list_id in ((CASEWORKER, one.list_id), (OPERATOR, "")):
        assert (await desk.read_case(caller)).exposure_list_id == list_id
    await lists.release(await lists.review(one))
    assert await lists.shown() == ["s1"]
    assert ((await desk.case()).state, (await desk.steps())[-1]) == (
        "exhausted",
        ("exposure", "carried_out"),
    )


async def test_a_subject_stands_on_a_list_for_each_matter(
    desk: EscalationDesk, alerts: RunningAlerts
) -> None:
    lists = Lists(alerts)
    await desk.propose_exposure()
    await lists.untrusted()
    first = await lists.released("s1")
    assert await lists.candidates() == {"s1": []}
    second = await lists.released("s1")
    courses = [one.entries[0].ground.course for one in (first, second)]
    assert courses == ["untrusted", "red_alert"]
    assert await lists.shown() == ["s1", "s1"]
    assert await lists.candidates() == {"s1": ["已在另一份名单中"]}
    await lists.take_down(first.entries[0])
    assert await lists.candidates() == {"s1": []}  # for its grade, again
    lists.public.clear()  # where something speaks against that, it stays with the red alerts
    assert "尚未经保密审查公开" in (await lists.candidates())["s1"][0]
    assert await lists.shown() == ["s1"]
    await alerts.put(passed(2, 1, alerts.today))
    assert await lists.shown() == []


async def test_an_undertaking_keeps_its_subject_off_the_lists_until_its_last_day(
    graded: tuple[EscalationDesk, Lists],
) -> None:
    desk, lists = graded
    until = desk.alerts.today + timedelta(days=10)
    held = pb.RecordInterviewRequest(
        request_id=str(uuid4()), escalation_id="s1/1", outcome="held", minutes="已谈",
        undertaking="改正", undertaking_by=until.isoformat(),
    )  # fmt: skip
    await desk.call(CASEWORKER, interviews.record_interview, held)
    assert await lists.candidates() == {"s1": [f"约谈时承诺的期限到 {until}"]}
    desk.alerts.pass_days(11)
    assert await lists.candidates() == {"s1": []}


async def test_an_exposure_that_was_declined_keeps_its_subject_off_the_lists(
    graded: tuple[EscalationDesk, Lists],
) -> None:
    desk, lists = graded
    await desk.record_interview()
    await desk.propose_next_step()
    assert await lists.candidates() == {"s1": []}
    declined = pb.DeclineStepRequest(
        request_id=str(uuid4()), escalation_id="s1/1", step="exposure", reasons="正在整改"
    )
    await desk.call(UNIT_HEAD, commands.decline, declined)
    [said] = (await lists.candidates())["s1"]
    assert said == f"单位负责人没有批准曝光，{(await desk.case()).due_on} 再议"
    await desk.propose_next_step()
    assert await lists.candidates() == {"s1": []}


async def test_whoever_is_listed_before_the_exposure_is_proposed_is_not_listed_again(
    graded: tuple[EscalationDesk, Lists],
) -> None:
    desk, lists = graded
    one = await lists.released("s1")
    await desk.record_interview()
    await desk.propose_next_step()
    with pytest.raises(WrongState) as refused:
        await lists.compile("s1")
    assert "已在另一份名单中" in faults(refused)
    await lists.take_down(one.entries[0])
    await lists.released("s1")
    assert await lists.shown() == ["s1"]


async def test_a_decision_that_stops_a_disclosure_is_not_forgotten(
    graded: tuple[EscalationDesk, Lists],
) -> None:
    desk, lists = graded
    await lists.released("s1")
    case = objection_pb2.Case(
        case_id="o1", number="异议〔2026〕1号", kind="objection", subject_id="s1", bureau=BUREAU,
        state="closed", version=1, outcome="stop_disclosure",
        items=[objection_pb2.ContestedItem(target="disclosure", id="r1")],
    )  # fmt: skip
    await desk.alerts.announce(objection.ObjectionClosed(case=case), aggregate="objection/o1")
    assert await lists.shown() == []
    [said] = (await lists.candidates())["s1"]
    assert "同一评定不再列入" in said
    await grade(desk.alerts, NATIONAL, "untrusted", "receipt-2")
    assert await lists.candidates() == {"s1": []}


async def test_a_subject_that_moves_to_another_bureau_comes_down(
    graded: tuple[EscalationDesk, Lists],
) -> None:
    desk, lists = graded
    one = await lists.released("s1")
    await desk.alerts.put(subject(1, 2, bureau="120104"))
    assert await lists.shown() == []
    [entry] = (await lists.read(one)).entries
    assert (entry.state, entry.ended_why) == ("taken_down", "moved")


async def test_a_public_statement_follows_the_facts_and_says_nothing_unreviewed(
    desk: EscalationDesk, alerts: RunningAlerts
) -> None:
    lists = Lists(alerts)
    await alerts.put(instrument(2), rejected(2, instrument_id="i2"))
    await desk.propose_exposure()
    one = await lists.released("s1")
    assert "1. 试验用器具，出厂编号 NO-1" in one.entries[0].statement
    await alerts.put(instrument(3), rejected(3, instrument_id="i3"))
    assert (await lists.read(one)).entries[0].statement == one.entries[0].statement
    await alerts.put(passed(4, 1, alerts.today), subject(1, 2, name="改名后的单位"))
    [entry] = (await lists.read(one)).entries
    assert entry.state == "public"
    assert entry.statement.startswith("改名后的单位：经核实")
    assert "1. 试验用器具，出厂编号 NO-2" in entry.statement
    assert "NO-1" not in entry.statement
    assert "NO-3" not in entry.statement
    await alerts.put(passed(5, 2, alerts.today))  # what was verified holds no longer
    [entry] = (await lists.read(one)).entries
    assert (entry.state, entry.ended_why) == ("taken_down", "ground")

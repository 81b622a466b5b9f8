"""Steps of an escalation: proposed, shown, approved, declined or put off, and by whom."""

from __future__ import annotations

from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotFound, NotPermitted, WrongState
from plumbing.view import open_view
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.escalation import commands as steps
from services.alerts.escalation import queries
from services.alerts.escalation.workflows import StepDue
from services.alerts.tables import EscalationStep, Notice
from tests.integration.alerts.escalating import (
    CASEWORKER,
    FOREIGNER,
    OPERATOR,
    UNIT_HEAD,
    Office,
    rejected,
)
from tests.integration.alerts.town import instrument, subject


async def test_nothing_leaves_before_it_is_approved(office: Office) -> None:
    town = office.town
    stand = await office.morning_of_step()
    assert (stand.step, stand.due_at) == ("reminder", None)
    assert await office.steps() == [("reminder", "proposed")]
    assert await town.notices("escalation") == []
    case = await office.approve("reminder")
    assert (case.state, case.step, case.due_on) == ("waiting", "guidance_letter", "2026-09-21")
    [reminder] = await town.notices("escalation")
    assert (reminder.subject_id, reminder.address) == ("s1", "unit1@test.example")
    assert "提醒〔2026〕330106-0001号" in reminder.body
    assert "不是行政处罚" in reminder.body
    assert reminder.notice_id in town.timers.delivered


async def test_whoever_decides_sees_what_would_be_sent_and_the_subject_does_not(
    office: Office,
) -> None:
    await office.morning_of_step()
    [draft] = (await office.seen(CASEWORKER)).steps
    assert list((await office.seen(OPERATOR)).steps) == []
    await office.approve("reminder")
    [sent] = await office.town.notices("escalation")
    assert sent.body == "编号：提醒〔2026〕330106-0001号\n" + draft.body
    [seen] = (await office.seen(OPERATOR)).steps
    assert seen.body == sent.body


async def test_proposing_twice_is_as_good_as_once(office: Office) -> None:
    case = await office.case()
    due = StepDue(escalation_id="s1/1", version=case.version, step="reminder")
    first = await office.activities.propose_step(due)
    assert await office.activities.propose_step(due) == first
    assert await office.steps() == [("reminder", "proposed")]


async def test_the_guidance_letter_names_instruments_articles_and_the_day(office: Office) -> None:
    await office.climb("guidance_letter")
    letter = (await office.town.notices("escalation"))[-1]
    assert letter.title.startswith("行政指导建议书〔2026〕330106-0001号：请于 2026-")
    for said in ("NO-1", "经检定不合格仍在使用", "四(二)", "四(一)", "行政指导", "改正"):
        assert said in letter.body
    _, step = await office.town.rows(EscalationStep)
    case = await office.case()
    assert step.correct_by is not None
    assert str(step.correct_by) in letter.body
    assert case.due_on is not None
    assert step.correct_by < case.due_on
    seen = await office.seen(OPERATOR)
    assert [s.step for s in seen.steps] == ["reminder", "guidance_letter"]
    assert seen.steps[1].body == letter.body


async def test_a_step_declined_comes_again_and_never_a_harsher_one(office: Office) -> None:
    await office.morning_of_step()
    request = pb.DeclineStepRequest(
        request_id=str(uuid4()), escalation_id="s1/1", step="reminder", reasons="已送检"
    )
    answer = await office.ask(CASEWORKER, steps.decline, request)
    case = answer.escalation
    assert (case.state, case.step, case.due_on) == ("waiting", "reminder", "2026-09-21")
    assert not case.example_values
    await office.morning_of_step()
    assert await office.steps() == [("reminder", "declined"), ("reminder", "proposed")]


async def test_a_step_put_off_is_the_same_when_it_comes_again(office: Office) -> None:
    await office.morning_of_step()
    request = pb.DeferStepRequest(
        request_id=str(uuid4()),
        escalation_id="s1/1",
        step="reminder",
        review_on="2026-09-30",
    )
    answer = await office.ask(CASEWORKER, steps.defer, request)
    assert answer.escalation.due_on == "2026-09-30"
    assert await office.steps() == [("reminder", "deferred")]
    await office.morning_of_step()
    assert await office.steps() == [("reminder", "proposed")]


@pytest.mark.parametrize("day", ["2026-09-15", "2027-09-15", "2026-02-30"])
async def test_a_day_of_review_is_to_come_and_not_out_of_sight(office: Office, day: str) -> None:
    await office.morning_of_step()
    request = pb.DeferStepRequest(
        request_id=str(uuid4()), escalation_id="s1/1", step="reminder", review_on=day
    )
    with pytest.raises(InvalidInput) as refused:
        await office.ask(CASEWORKER, steps.defer, request)
    assert [fault.field for fault in refused.value.faults] == ["review_on"]


async def test_who_decides_which_step(office: Office) -> None:
    await office.morning_of_step()
    for caller in (FOREIGNER, UNIT_HEAD):
        with pytest.raises(NotPermitted):
            await office.approve("reminder", caller)
    with pytest.raises(WrongState):
        await office.approve("guidance_letter")
    assert await office.town.notices("escalation") == []
    with pytest.raises(NotPermitted):
        await office.seen(FOREIGNER)
    with pytest.raises(NotFound):
        async with open_view(office.town.database, office.town.clock, CASEWORKER) as view:
            await queries.find(view, "nobody/1")


async def test_what_waits_is_told_in_one_digest_a_day(office: Office) -> None:
    town = office.town
    await town.tell_of(subject(2), instrument(2, subject_id="s2"), rejected(2))
    await office.morning_of_step()
    case = await office.case("s2/1")
    due = StepDue(escalation_id="s2/1", version=case.version, step="reminder")
    await office.activities.propose_step(due)
    await town.watch()
    [digest] = await town.notices("approvals")
    assert (digest.subject_id, digest.address) == ("", "office@test.example")
    assert digest.title.endswith("2 项")
    assert "测试单位2" in digest.body
    await town.mornings(2)
    assert len(await town.notices("approvals")) == 1
    await office.approve("reminder")
    await office.morning_of_step()
    await town.watch()
    assert len(await town.notices("approvals")) == 2


async def test_two_who_approve_at_once_send_one_reminder(office: Office) -> None:
    await office.morning_of_step()
    await office.approve("reminder")
    with pytest.raises(WrongState):
        await office.approve("reminder")
    assert len(await office.town.rows(Notice)) == 2  # the rejection and the reminder

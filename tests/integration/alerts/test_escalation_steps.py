"""The steps of an escalation are proposed, read, approved, declined or deferred."""

from __future__ import annotations

from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotFound, NotPermitted, WrongState
from law.periods import start_of
from plumbing.papers.letter_text import digest
from plumbing.view import open_view
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.escalation import commands, issuing, queries
from services.alerts.escalation.workflows import StepDue
from services.alerts.tables import EscalationStep, Notice
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    OPERATOR,
    OTHER_BUREAU,
    UNIT_HEAD,
    EscalationDesk,
    rejected,
)
from tests.integration.alerts.running_alerts import instrument, subject


async def test_no_document_is_sent_before_approval(desk: EscalationDesk) -> None:
    alerts = desk.alerts
    stand = await desk.propose_next_step()
    assert (stand.step, stand.due_at) == ("reminder", None)
    assert await desk.steps() == [("reminder", "proposed")]
    assert await alerts.notices("escalation") == []
    case = await desk.approve("reminder")
    assert (case.state, case.step, case.due_on) == ("waiting", "guidance_letter", "2026-09-21")
    [reminder] = await alerts.notices("escalation")
    assert (reminder.subject_id, reminder.address) == ("s1", "unit1@test.example")
    assert "提醒〔2026〕330106-0001号" in reminder.body
    assert "不是行政处罚" in reminder.body
    assert reminder.notice_id in alerts.timers.delivered


async def test_the_bureau_sees_the_draft_and_the_subject_does_not(
    desk: EscalationDesk,
) -> None:
    await desk.propose_next_step()
    [draft] = (await desk.read_case(CASEWORKER)).steps
    assert list((await desk.read_case(OPERATOR)).steps) == []
    await desk.approve("reminder")
    [sent] = await desk.alerts.notices("escalation")
    assert sent.body == "编号：提醒〔2026〕330106-0001号\n" + draft.body
    [seen] = (await desk.read_case(OPERATOR)).steps
    assert seen.body == sent.body


async def test_proposing_a_step_twice_changes_nothing(desk: EscalationDesk) -> None:
    case = await desk.case()
    assert case.due_on is not None
    due = StepDue(escalation_id="s1/1", version=case.version, step="reminder")
    early = await desk.activities.propose_step(due)
    assert (early.version, early.correction, await desk.steps()) == (case.version, 0.0, [])
    desk.alerts.clock.moment = start_of(case.due_on, 9)
    first = await desk.activities.propose_step(due)
    assert await desk.activities.propose_step(due) == first
    assert await desk.steps() == [("reminder", "proposed")]


async def test_the_guidance_letter_names_instruments_articles_and_the_last_day(
    desk: EscalationDesk,
) -> None:
    await desk.take_steps("guidance_letter")
    letter = (await desk.alerts.notices("escalation"))[-1]
    assert letter.title.startswith("行政指导建议书：请于 2026-")
    for part in (
        "NO-1",
        "经检定不合格仍在使用",
        "第四部分第（二）项",
        "第四部分第（一）项",
        "行政指导",
        "改正",
    ):
        assert part in letter.body
    _, step = await desk.alerts.rows(EscalationStep)
    case = await desk.case()
    assert step.correct_by is not None
    assert str(step.correct_by) in letter.body
    assert case.due_on is not None
    assert step.correct_by < case.due_on
    seen = await desk.read_case(OPERATOR)
    assert [s.step for s in seen.steps] == ["reminder", "guidance_letter"]
    assert seen.steps[1].body == letter.body


async def test_a_declined_step_comes_again_before_a_harsher_one(
    desk: EscalationDesk,
) -> None:
    await desk.propose_next_step()
    request = pb.DeclineStepRequest(
        request_id=str(uuid4()), escalation_id="s1/1", step="reminder", reasons="已送检"
    )
    answer = await desk.call(CASEWORKER, commands.decline, request)
    case = answer.escalation
    assert (case.state, case.step, case.due_on) == ("waiting", "reminder", "2026-09-21")
    assert not case.example_values
    await desk.propose_next_step()
    assert await desk.steps() == [("reminder", "declined"), ("reminder", "proposed")]


async def test_a_deferred_step_is_proposed_again(desk: EscalationDesk) -> None:
    await desk.propose_next_step()
    request = pb.DeferStepRequest(
        request_id=str(uuid4()),
        escalation_id="s1/1",
        step="reminder",
        review_on="2026-09-30",
    )
    answer = await desk.call(CASEWORKER, commands.defer, request)
    assert answer.escalation.due_on == "2026-09-30"
    assert await desk.steps() == [("reminder", "deferred")]
    await desk.propose_next_step()
    assert await desk.steps() == [("reminder", "proposed")]


@pytest.mark.parametrize("day", ["2026-09-15", "2027-09-15", "2026-02-30"])
async def test_a_day_of_review_is_in_the_future_and_not_too_far(
    desk: EscalationDesk, day: str
) -> None:
    await desk.propose_next_step()
    request = pb.DeferStepRequest(
        request_id=str(uuid4()), escalation_id="s1/1", step="reminder", review_on=day
    )
    with pytest.raises(InvalidInput) as refused:
        await desk.call(CASEWORKER, commands.defer, request)
    assert [fault.field for fault in refused.value.faults] == ["review_on"]


async def test_only_the_role_and_the_bureau_of_a_step_decide_it(desk: EscalationDesk) -> None:
    await desk.propose_next_step()
    for caller in (OTHER_BUREAU, UNIT_HEAD):
        with pytest.raises(NotPermitted):
            await desk.approve("reminder", caller)
    with pytest.raises(WrongState):
        await desk.approve("guidance_letter")
    assert await desk.alerts.notices("escalation") == []
    with pytest.raises(NotPermitted):
        await desk.read_case(OTHER_BUREAU)
    with pytest.raises(NotFound):
        async with open_view(desk.alerts.database, desk.alerts.clock, CASEWORKER) as view:
            await queries.find(view, "nobody/1")


async def test_one_digest_a_day_names_the_pending_steps(desk: EscalationDesk) -> None:
    alerts = desk.alerts
    await alerts.put(subject(2), instrument(2, subject_id="s2"), rejected(2))
    await desk.propose_next_step()
    case = await desk.case("s2/1")
    due = StepDue(escalation_id="s2/1", version=case.version, step="reminder")
    await desk.activities.propose_step(due)
    await alerts.run_watch()
    [digest] = await alerts.notices("approvals")
    assert (digest.subject_id, digest.address) == ("", "desk@test.example")
    assert digest.title.endswith("：2 项待处理")
    assert "测试单位2" in digest.body
    await alerts.watch_days(2)
    assert len(await alerts.notices("approvals")) == 1
    await desk.approve("reminder")
    await desk.propose_next_step()
    await alerts.run_watch()
    assert len(await alerts.notices("approvals")) == 2


async def test_a_second_approval_sends_no_second_reminder(desk: EscalationDesk) -> None:
    await desk.propose_next_step()
    await desk.approve("reminder")
    with pytest.raises(WrongState):
        await desk.approve("reminder")
    assert len(await desk.alerts.rows(Notice)) == 2  # the rejection and the reminder


async def test_every_document_is_a_letter_that_anybody_can_check(desk: EscalationDesk) -> None:
    await desk.take_steps("interview")
    issued = [step for step in (await desk.read_case(OPERATOR)).steps if step.letter_id]
    assert [step.letter_title for step in issued] == ["提醒", "行政指导建议书", "约谈通知"]
    notices = {notice.letter_id: notice for notice in await desk.alerts.notices("escalation")}
    assert len({step.check_code for step in issued}) == len(issued) == 3
    for step in issued:
        notice = notices[step.letter_id]
        assert (notice.number, notice.about) == (step.number, "escalation/s1/1")
        async with open_view(desk.alerts.database, desk.alerts.clock, OTHER_BUREAU) as view:
            [found] = await issuing.find_letters(view.session, step.number)
        assert (found.check_code, found.body) == (step.check_code, step.body)
        assert step.sha256 == digest(step.body)
    async with open_view(desk.alerts.database, desk.alerts.clock, OTHER_BUREAU) as view:
        assert await issuing.find_letters(view.session, "") == []


async def test_a_draft_is_no_letter(desk: EscalationDesk) -> None:
    await desk.propose_next_step()
    [draft] = (await desk.read_case(CASEWORKER)).steps
    assert (draft.number, draft.letter_id, draft.check_code) == ("", "", "")

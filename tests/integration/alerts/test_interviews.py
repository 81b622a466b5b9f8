"""An interview as a whole: invitation, answer, another time, minutes, undertaking and its day."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta
from typing import Any, cast
from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotPermitted, WrongState
from law.periods import start_of
from plumbing.identity import Caller, Role
from plumbing.papers.letter_pdf import letters_of_step
from plumbing.view import open_view
from protos.alerts.v1 import alerts_pb2 as alerts_pb
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.calendar_feed import read_calendar, renew_calendar_feed
from services.alerts.escalation import interviews, invitations, undertakings
from services.alerts.escalation.issuing import find_letters
from services.alerts.tables import Bureau
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    OPERATOR,
    EscalationDesk,
    passed,
    stamp,
)
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts
from tests.integration.alerts.test_cases_of_grades import grade

STRANGER = Caller("account/other", "别人", frozenset({Role.OPERATOR}), subject_id="s2")
SECRET = "s" * 43
WORDS = "更换铅封，重新申请检定"


@pytest.fixture
async def invited(desk: EscalationDesk) -> EscalationDesk:
    """A subject that is invited to an interview in two days."""
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    await desk.approve("interview", appointment=desk.appointment())
    return desk


async def answer(
    desk: EscalationDesk, given: str = "attend", caller: Caller = OPERATOR, **more: Any
) -> None:
    request = pb.AnswerInvitationRequest(
        request_id=str(uuid4()), escalation_id="s1/1", answer=given, **more
    )
    await desk.call(caller, invitations.answer, request)


async def move(desk: EscalationDesk, days: int) -> None:
    request = pb.MoveInterviewRequest(
        request_id=str(uuid4()),
        escalation_id="s1/1",
        at=stamp(start_of(desk.alerts.today + timedelta(days=days), 9)),
        place="市监局五楼",
    )
    await desk.call(CASEWORKER, invitations.move, request)


async def hold(desk: EscalationDesk, outcome: str = "held", **more: Any) -> pb.Escalation:
    request = pb.RecordInterviewRequest(
        request_id=str(uuid4()), escalation_id="s1/1", outcome=outcome, minutes="已告知", **more
    )
    recorded = await desk.call(CASEWORKER, interviews.record_interview, request)
    return cast("pb.Escalation", recorded.escalation)


async def verify(desk: EscalationDesk, outcome: str) -> pb.Escalation:
    request = pb.RecordUndertakingRequest(
        request_id=str(uuid4()), escalation_id="s1/1", outcome=outcome, findings="现场核实"
    )
    recorded = await desk.call(CASEWORKER, undertakings.record, request)
    return cast("pb.Escalation", recorded.escalation)


async def interview(desk: EscalationDesk, caller: Caller = CASEWORKER) -> pb.Interview:
    return (await desk.read_case(caller)).steps[-1].interview


async def undertaken(desk: EscalationDesk, days: int = 20) -> date:
    """Holds the interview, where the subject undertakes something within some days."""
    desk.alerts.pass_days(3)
    until = desk.alerts.today + timedelta(days=days)
    await hold(desk, undertaking=WORDS, undertaking_by=until.isoformat())
    return until


async def test_an_answer_is_kept_though_the_bureau_is_not_known_here(
    invited: EscalationDesk,
) -> None:
    async with invited.alerts.database.transaction() as session:
        await session.delete(await session.get_one(Bureau, BUREAU))
    await answer(invited)
    assert (await interview(invited)).answer == "attend"


async def test_the_subject_answers_and_the_bureau_is_told(invited: EscalationDesk) -> None:
    letter = (await invited.alerts.notices("escalation"))[-1]
    assert "请登录平台答复是否参加" in letter.body
    with pytest.raises(NotPermitted):
        await answer(invited, caller=STRANGER)
    await answer(invited)
    [told] = await invited.alerts.notices("approvals")
    assert told.title == "约谈答复：测试单位1将按时参加"
    incomplete: list[dict[str, Any]] = [
        {},
        {"reasons": "外出"},
        {"asked_for": "2026-09-01", "reasons": "外出"},
    ]
    for lacking in incomplete:
        with pytest.raises(InvalidInput):
            await answer(invited, "another_day", **lacking)
    later = (invited.alerts.today + timedelta(days=7)).isoformat()
    await answer(invited, "another_day", asked_for=later, reasons="法定代表人外出")
    assert later in (await invited.alerts.notices("approvals"))[-1].body
    given = await interview(invited)
    assert (given.answer, given.asked_for, given.answer_reasons) == (
        "another_day", later, "法定代表人外出",
    )  # fmt: skip
    invited.alerts.pass_days(3)
    with pytest.raises(WrongState):
        await answer(invited)


async def test_a_moved_interview_has_a_new_letter_and_the_old_one_can_be_checked(
    invited: EscalationDesk,
) -> None:
    first = (await interview(invited)).at.ToDatetime()
    await answer(invited)
    with pytest.raises(InvalidInput):
        await move(invited, -1)
    await move(invited, 5)
    letters = [n for n in await invited.alerts.notices("escalation") if "约谈" in n.title]
    first_letter, second_letter = letters
    assert first_letter.number.endswith("-0001号")
    assert second_letter.number.endswith("-0002号")
    assert "已经改期" in letters[1].body
    [step] = [one for one in (await invited.read_case(OPERATOR)).steps if one.step == "interview"]
    papers = letters_of_step(step)  # what the mails of both lead to
    assert [papers[one.letter_id].number for one in letters] == [one.number for one in letters]
    assert papers[first_letter.letter_id].body == first_letter.body
    now = await interview(invited)
    assert (now.place, now.answer) == ("市监局五楼", "")
    assert now.at.ToDatetime() > first
    async with open_view(invited.alerts.database, invited.alerts.clock, CASEWORKER) as view:
        for letter in letters:
            [found] = await find_letters(view.session, letter.number)
            assert (found.title, found.body) == ("约谈通知", letter.body)


async def test_a_calendar_has_an_interview_at_its_time_and_follows_it(
    invited: EscalationDesk,
) -> None:
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    renew = alerts_pb.RenewCalendarFeedRequest(request_id=str(uuid4()), secret_sha256=digest)
    response = alerts_pb.RenewCalendarFeedResponse
    await invited.alerts.changes.once(OPERATOR, renew, renew_calendar_feed, response)
    first = await in_calendar(invited, "interview")
    assert (first.place, first.at) == ("市监局三楼", (await interview(invited)).at)
    await move(invited, 5)
    moved = await in_calendar(invited, "interview")
    assert (moved.due_id, moved.place) == (first.due_id, "市监局五楼")
    assert moved.at.seconds > first.at.seconds
    assert moved.on == (invited.alerts.today + timedelta(days=5)).isoformat()
    assert moved.version > first.version, "or a calendar keeps the former time"
    invited.alerts.pass_days(6)
    until = invited.alerts.today + timedelta(days=20)
    await hold(invited, undertaking=WORDS, undertaking_by=until.isoformat())
    promised = await in_calendar(invited, "correction")
    assert (promised.due_id, promised.on) == (first.due_id, until.isoformat())
    assert promised.version > moved.version
    assert not promised.HasField("at")


async def in_calendar(desk: EscalationDesk, kind: str) -> alerts_pb.DueDate:
    request = alerts_pb.ReadCalendarRequest(secret=SECRET)
    public = Caller("", "", frozenset({Role.PUBLIC}), "")
    async with open_view(desk.alerts.database, desk.alerts.clock, public) as view:
        answer = await read_calendar(view, request)
    found = [one for one in answer.due_dates if one.kind == kind]
    return max(found, key=lambda due: due.due_id)  # of the last step


async def test_the_minutes_begin_with_what_is_known(invited: EscalationDesk) -> None:
    draft = (await interview(invited)).minutes_draft
    for words in (
        "约谈地点：市监局三楼",
        "被约谈单位：测试单位1",
        "NO-1",
        "二、被约谈单位的陈述：",
    ):
        assert words in draft
    assert (await interview(invited, OPERATOR)).minutes_draft == ""
    invited.alerts.pass_days(3)
    await hold(invited)
    assert (await interview(invited)).minutes_draft == ""


async def test_an_undertaking_has_words_and_a_day_to_come(invited: EscalationDesk) -> None:
    invited.alerts.pass_days(3)
    today = invited.alerts.today
    for given, field in (
        ({"undertaking": WORDS}, "undertaking_by"),
        ({"undertaking_by": (today + timedelta(days=9)).isoformat()}, "undertaking"),
        ({"undertaking": WORDS, "undertaking_by": today.isoformat()}, "undertaking_by"),
        ({"undertaking": WORDS, "undertaking_by": "2027-12-31"}, "undertaking_by"),
    ):
        with pytest.raises(InvalidInput) as refused:
            await hold(invited, **given)
        assert [fault.field for fault in refused.value.faults] == [field]
    with pytest.raises(InvalidInput):
        await hold(
            invited, "not_attended", undertaking=WORDS,
            undertaking_by=(today + timedelta(days=9)).isoformat(),
        )  # fmt: skip
    assert (await invited.case()).state == "appointed"


async def test_the_next_step_waits_for_the_undertaking_and_both_are_told_of_its_day(
    invited: EscalationDesk,
) -> None:
    until, alerts = await undertaken(invited), invited.alerts
    case = await invited.case()
    assert case.due_on is not None
    assert case.due_on > until
    before = len(await alerts.notices("escalation"))
    await alerts.watch_days(10)
    assert len(await alerts.notices("escalation")) == before
    await alerts.watch_days(8)
    [reminder] = (await alerts.notices("escalation"))[before:]
    assert reminder.title == f"承诺的改正期限将至：{until}"
    assert WORDS in reminder.body
    await alerts.watch_days(6)
    over = [n for n in await alerts.notices("approvals") if n.title.startswith("约谈承诺")]
    assert len(over) == 1
    assert WORDS in over[0].body
    assert "下一步骤随即提出" in over[0].body
    assert await invited.problems() == []


@pytest.mark.parametrize("outcome", ["kept", "broken"])
async def test_after_a_broken_undertaking_the_next_step_is_due_at_once(
    invited: EscalationDesk, outcome: str
) -> None:
    with pytest.raises(WrongState):
        await verify(invited, outcome)
    until = await undertaken(invited)
    case = await verify(invited, outcome)
    due = date.fromisoformat(case.due_on)
    assert due == invited.alerts.today if outcome == "broken" else due > until
    assert (await interview(invited, OPERATOR)).undertaking_outcome == outcome
    with pytest.raises(WrongState):
        await verify(invited, outcome)


async def test_no_further_step_is_promised_where_the_interview_is_the_last(
    alerts: RunningAlerts,
) -> None:
    alerts.timers.running.add(f"watch/{BUREAU}")
    desk = EscalationDesk(alerts)
    await grade(alerts, "hangzhou-trial", "D")
    await desk.propose_next_step()
    await desk.approve("interview", appointment=desk.appointment())
    await undertaken(desk)
    assert (await desk.case()).state == "exhausted"
    await alerts.watch_days(24)
    [over] = [n for n in await alerts.notices("approvals") if n.title.startswith("约谈承诺")]
    assert "约谈是这件督促的最后一步" in over.body
    assert "下一步骤" not in over.body
    await grade(alerts, "hangzhou-trial", "C", "receipt-2")
    with pytest.raises(WrongState, match="closed"):
        await verify(desk, "broken")


async def test_nothing_more_is_told_of_an_undertaking_once_the_case_is_closed(
    invited: EscalationDesk,
) -> None:
    await undertaken(invited)
    await invited.alerts.put(passed(11, 1, invited.alerts.today))
    told = await invited.alerts.notices()
    await invited.alerts.watch_days(24)
    later = [one.kind.value for one in (await invited.alerts.notices())[len(told) :]]
    assert later == ["result"], "the pass that ended it, to the owner"

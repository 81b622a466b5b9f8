"""A bureau's own figures of follow-ups: two administrators, a later day, and waits that stay."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotFound, NotPermitted, WrongState
from law.terms.workdays import edition, nth_working_day
from plumbing.identity import Caller, Role
from plumbing.view import open_view
from protos.alerts.v1 import ladders_pb2 as pb
from services.alerts.ladders import commands, queries
from services.alerts.tables import Escalation
from tests.integration.alerts.escalation_desk import CASEWORKER, EscalationDesk, rejected
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, instrument, subject

ADMINISTRATOR = Caller("account/admin", "管理员", frozenset({Role.ADMINISTRATOR}), BUREAU)
SECOND = Caller("account/second", "第二管理员", frozenset({Role.ADMINISTRATOR}), BUREAU)
ELSEWHERE = Caller("account/far", "外地管理员", frozenset({Role.ADMINISTRATOR}), "120104")
OWN = {
    "reminder_days": 2,
    "guidance_letter_days": 7,
    "measures_days": 2,
    "interview_days": 15,
    "exposure_days": 20,
    "review_days": 8,
    "review_at_most_days": 30,
    "undertaking_remind_days": 3,
}


class Ladders:
    """The calls of administrators on the figures of a bureau."""

    def __init__(self, alerts: RunningAlerts) -> None:
        self.alerts = alerts

    async def call(self, caller: Caller, command: Any, request: Any) -> pb.Ladder:
        request.request_id = str(uuid4())
        response = getattr(pb, type(request).__name__.replace("Request", "Response"))
        answer = await self.alerts.changes.once(caller, request, command, response)
        found: pb.Ladder = answer.ladder
        return found

    async def propose(
        self, days: int = 1, by: Caller = ADMINISTRATOR, bureau: str = BUREAU, **figures: int
    ) -> pb.Ladder:
        request = pb.ProposeLadderRequest(
            bureau=bureau,
            figures=pb.LadderFigures(**{**OWN, **figures}),
            valid_from=(self.alerts.today + timedelta(days=days)).isoformat(),
            ground="局办〔2026〕1号",
        )
        return await self.call(by, commands.propose, request)

    async def approve(self, one: pb.Ladder, by: Caller = SECOND) -> pb.Ladder:
        request = pb.ApproveLadderRequest(ladder_id=one.ladder_id)
        return await self.call(by, commands.approve, request)

    async def discard(self, one: pb.Ladder, reasons: str = "写错") -> pb.Ladder:
        request = pb.DiscardLadderRequest(ladder_id=one.ladder_id, reasons=reasons)
        return await self.call(ADMINISTRATOR, commands.discard, request)

    async def listed(self) -> list[tuple[str, bool]]:
        async with open_view(self.alerts.database, self.alerts.clock, CASEWORKER) as view:
            answer = await queries.list_ladders(view, pb.ListLaddersRequest())
        assert answer.examples.reminder_days == 1
        return [(one.state, one.in_force) for one in answer.ladders]


@pytest.fixture
def ladders(alerts: RunningAlerts) -> Ladders:
    alerts.timers.running.add(f"watch/{BUREAU}")
    return Ladders(alerts)


def after(day: date, working_days: int) -> date:
    return nth_working_day(day, working_days, edition()).date


async def test_figures_hold_from_their_day_once_another_approves(ladders: Ladders) -> None:
    alerts = ladders.alerts
    one = await ladders.propose()
    with pytest.raises(NotPermitted, match="Another administrator"):
        await ladders.approve(one, ADMINISTRATOR)
    with pytest.raises(NotPermitted):
        await ladders.approve(one, ELSEWHERE)
    with pytest.raises(WrongState, match="wait"):
        await ladders.propose()
    one = await ladders.approve(one)
    assert (one.proposed_by, one.decided_by) == (ADMINISTRATOR.account_id, SECOND.account_id)
    await alerts.put(instrument(), rejected(1))  # a day too early
    desk = EscalationDesk(alerts)
    first = await desk.case()
    assert (first.due_on, first.own_days) == (after(alerts.today, 1), None)
    assert await ladders.listed() == [("approved", False)]
    alerts.pass_days(1)
    assert await ladders.listed() == [("approved", True)]
    await alerts.put(subject(2), instrument(2, subject_id="s2"), rejected(2))
    second = await desk.case("s2/1")
    assert (second.due_on, second.own_days) == (after(alerts.today, 2), 2)
    # A wait that had begun goes on as it began; the one after it is the bureau's own.
    assert (await desk.case()).due_on == first.due_on
    assert await desk.problems() == []
    await desk.propose_next_step()
    shown = await desk.approve("reminder")
    assert shown.due_on == after(alerts.today, 7).isoformat()
    assert not shown.example_values
    assert await desk.problems() == []


async def test_a_letter_and_a_review_follow_the_bureaus_own_figures(ladders: Ladders) -> None:
    alerts = ladders.alerts
    await ladders.approve(await ladders.propose())
    alerts.pass_days(1)
    await alerts.put(instrument(), rejected(1))
    desk = EscalationDesk(alerts)
    await desk.take_steps("guidance_letter")
    [letter] = [step for step in (await desk.read_case(CASEWORKER)).steps if step.correct_by]
    assert date.fromisoformat(letter.correct_by) == after(alerts.today, 14)
    case = await desk.case()
    assert case.due_on == after(alerts.today, 15)
    [row] = await alerts.rows(Escalation)
    assert row.own_days == 15


async def test_what_is_wrong_is_named_and_nothing_is_kept(ladders: Ladders) -> None:
    with pytest.raises(InvalidInput) as refused:
        await ladders.propose(0, review_at_most_days=5)
    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["valid_from", "figures.review_at_most_days"]
    with pytest.raises(NotPermitted):
        await ladders.propose(by=ELSEWHERE)
    unknown = Caller("account/root", "", frozenset({Role.ADMINISTRATOR}), "000000")
    with pytest.raises(NotFound):
        await ladders.propose(by=unknown, bureau="330199")
    assert await ladders.listed() == []


async def test_figures_whose_day_has_come_are_proposed_again(ladders: Ladders) -> None:
    one = await ladders.propose()
    ladders.alerts.pass_days(1)
    with pytest.raises(WrongState, match="has come"):
        await ladders.approve(one)
    with pytest.raises(InvalidInput):
        await ladders.discard(one, " ")
    await ladders.discard(one)
    with pytest.raises(WrongState):
        await ladders.approve(one)
    await ladders.approve(await ladders.propose())
    assert await ladders.listed() == [("approved", False), ("discarded", False)]

"""Escalation cases: what opens and closes one, who owns it, and who may list it."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest

from law.errors import NotPermitted
from law.periods import start_of
from plumbing.identity import Caller
from plumbing.view import open_view
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.escalation import queries
from services.alerts.policy import ESCALATION_POLICY, ESCALATIONS
from services.alerts.tables import Alert, Escalation, EscalationAlert
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    OPERATOR,
    OTHER_BUREAU,
    EscalationDesk,
    passed,
    rejected,
)
from tests.integration.alerts.running_alerts import (
    BUREAU,
    RunningAlerts,
    bureau,
    instrument,
    subject,
    verification,
)


def test_each_rpc_of_escalations_has_a_rule() -> None:
    methods = pb.DESCRIPTOR.services_by_name["EscalationService"].methods
    assert set(ESCALATION_POLICY) == {f"/{ESCALATIONS}/{method.name}" for method in methods}


async def test_the_first_red_alert_opens_a_case_and_the_last_cure_closes_it(
    desk: EscalationDesk,
) -> None:
    alerts, case = desk.alerts, await desk.case()
    assert (case.state, case.step, case.due_on) == ("waiting", "reminder", date(2026, 9, 15))
    assert alerts.timers.states["s1/1"].due_at == start_of(date(2026, 9, 15))
    await alerts.put(instrument(2), verification(2, alerts.today))
    await alerts.watch_days(1)
    assert len(await alerts.rows(Escalation)) == 1
    assert len(await alerts.rows(EscalationAlert)) == 2
    await alerts.put(passed(11, 1, alerts.today))
    assert (await desk.case()).closed_at is None
    await alerts.put(instrument(2, version=2, state="stopped"))
    case = await desk.case()
    assert (case.state, case.due_on) == ("closed", None)
    assert alerts.timers.states["s1/1"].closed
    message = (await alerts.notices("escalation"))[-1]
    assert message.subject_id == "s1"
    assert "督促终结" in message.title
    assert "NO-1" in message.body
    assert await desk.problems() == []


async def test_a_red_alert_after_the_cure_is_another_episode(desk: EscalationDesk) -> None:
    alerts = desk.alerts
    await alerts.put(passed(11, 1, alerts.today))
    alerts.pass_days(1)
    today = alerts.today.isoformat()
    await alerts.put(verification(12, instrument_id="i1", result="reject", verified_on=today))
    cases = {c.escalation_id: c.state.value for c in await alerts.rows(Escalation)}
    assert cases == {"s1/1": "closed", "s1/2": "waiting"}
    assert await desk.problems() == []


async def test_an_alert_that_applies_again_belongs_to_a_new_case(
    desk: EscalationDesk,
) -> None:
    alerts = desk.alerts
    pass_ = passed(11, 1, alerts.today)
    await alerts.put(pass_)
    pass_.version, pass_.removed = 2, True
    await alerts.put(pass_)
    assert (await desk.case("s1/2")).closed_at is None
    joined = {row.escalation_id for row in await alerts.rows(EscalationAlert)}
    assert joined == {"s1/1", "s1/2"}
    assert await desk.problems() == []


async def test_an_instrument_red_at_its_first_load_opens_no_case(alerts: RunningAlerts) -> None:
    await alerts.put(instrument(), rejected(1), baseline=True)
    await alerts.watch_days(2)
    assert await alerts.raised_alerts() == [("i1", "red", True)]
    assert await alerts.rows(Escalation) == []


async def test_a_subject_without_a_notice_of_the_alert_gets_none_of_the_end(
    alerts: RunningAlerts,
) -> None:
    # Overdue since yesterday when it arrives: red at once, named by the next digest only.
    await alerts.put(instrument(), verification(1, alerts.today - timedelta(days=1)))
    assert [c.state.value for c in await alerts.rows(Escalation)] == ["waiting"]
    await alerts.put(passed(11, 1, alerts.today))
    assert [c.state.value for c in await alerts.rows(Escalation)] == ["closed"]
    assert await alerts.notices() == []


async def test_an_instrument_handed_on_moves_to_the_case_of_its_owner(
    desk: EscalationDesk,
) -> None:
    alerts = desk.alerts
    await alerts.put(subject(2), instrument(version=2, subject_id="s2"))
    assert (await desk.case("s1/1")).state == "closed"
    assert (await desk.case("s2/1")).state == "waiting"
    assert "已不在贵单位名下" in (await alerts.notices("escalation"))[-1].body
    assert await desk.problems() == []


async def test_a_case_follows_its_subject_to_another_bureau(desk: EscalationDesk) -> None:
    alerts = desk.alerts
    await alerts.put(bureau("330108"), subject(1, version=2, bureau="330108"))
    assert (await desk.case()).bureau == "330108"
    with pytest.raises(NotPermitted):
        await desk.approve("reminder")


async def test_a_review_of_the_subject_closes_its_case_without_a_notice(
    desk: EscalationDesk,
) -> None:
    alerts = desk.alerts
    await alerts.put(subject(1, version=2, in_review=True))
    assert (await desk.case()).state == "closed"
    assert await alerts.notices("escalation") == []
    assert await desk.problems() == []


async def test_one_run_of_the_watch_opens_many_cases(alerts: RunningAlerts) -> None:
    count = 30
    await alerts.put(*(subject(n) for n in range(2, count + 2)))
    await alerts.put(
        *(instrument(n, subject_id=f"s{n}") for n in range(2, count + 2)),
        *(verification(n, alerts.today) for n in range(2, count + 2)),
    )
    await alerts.watch_days(1)
    await alerts.wait_until_idle()
    assert len(await alerts.rows(Escalation)) == count
    assert len(alerts.timers.states) == count
    assert len([a for a in await alerts.rows(Alert) if a.colour == "red"]) == count


async def test_cases_are_listed_newest_first_within_the_scope(desk: EscalationDesk) -> None:
    alerts = desk.alerts
    for number in (2, 3):
        alerts.pass_days(1)
        await alerts.put(
            subject(number), instrument(number, subject_id=f"s{number}"), rejected(number)
        )

    async def listed(caller: Caller, **fields: Any) -> list[str]:
        cases, token = [], ""
        while True:
            request = pb.ListEscalationsRequest(page_size=2, page_token=token, **fields)
            async with open_view(alerts.database, alerts.clock, caller) as view:
                answer = await queries.list_escalations(view, request)
            cases += [case.escalation_id for case in answer.escalations]
            if not (token := answer.next_page_token):
                return cases

    assert await listed(CASEWORKER) == ["s3/1", "s2/1", "s1/1"]
    assert await listed(OPERATOR) == ["s1/1"]
    assert await listed(OTHER_BUREAU) == []
    assert await listed(CASEWORKER, state="closed") == []
    assert await listed(CASEWORKER, subject_id="s2", bureau=BUREAU) == ["s2/1"]


async def test_a_run_of_the_watch_and_a_cure_at_the_same_time_agree(desk: EscalationDesk) -> None:
    alerts = desk.alerts
    for number in range(2, 7):
        await alerts.put(
            subject(number),
            instrument(number, subject_id=f"s{number}"),
            verification(number, alerts.today),
        )
        alerts.pass_days(1)
        cure = alerts.put(passed(10 + number, number, alerts.today))
        await asyncio.gather(alerts.run_watch(), cure)
        assert await desk.problems() == []

"""Escalation cases: what opens and closes one, whose it is, and who sees it listed."""

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
from services.alerts.escalation.policy import ESCALATION_POLICY, ESCALATIONS
from services.alerts.tables import Alert, Escalation, EscalationAlert
from tests.integration.alerts.escalating import (
    CASEWORKER,
    FOREIGNER,
    OPERATOR,
    Office,
    passed,
    rejected,
)
from tests.integration.alerts.town import (
    BUREAU,
    Town,
    bureau,
    instrument,
    subject,
    verification,
)


def test_each_rpc_of_escalations_has_a_rule() -> None:
    methods = pb.DESCRIPTOR.services_by_name["EscalationService"].methods
    assert set(ESCALATION_POLICY) == {f"/{ESCALATIONS}/{method.name}" for method in methods}


async def test_a_red_alert_opens_a_case_others_join_and_the_last_cure_closes_it(
    office: Office,
) -> None:
    town, case = office.town, await office.case()
    assert (case.state, case.step, case.due_on) == ("waiting", "reminder", date(2026, 9, 15))
    assert town.timers.stands["s1/1"].due_at == start_of(date(2026, 9, 15))
    await town.tell_of(instrument(2), verification(2, town.today))
    await town.mornings(1)
    assert len(await town.rows(Escalation)) == 1
    assert len(await town.rows(EscalationAlert)) == 2
    await town.tell_of(passed(11, 1, town.today))
    assert (await office.case()).closed_at is None
    await town.tell_of(instrument(2, version=2, state="stopped"))
    case = await office.case()
    assert (case.state, case.due_on) == ("closed", None)
    assert town.timers.stands["s1/1"].closed
    told = (await town.notices("escalation"))[-1]
    assert told.subject_id == "s1"
    assert "督促终结" in told.title
    assert "NO-1" in told.body
    assert await office.problems() == []


async def test_a_red_alert_after_the_cure_is_another_episode(office: Office) -> None:
    town = office.town
    await town.tell_of(passed(11, 1, town.today))
    town.pass_days(1)
    today = town.today.isoformat()
    await town.tell_of(verification(12, instrument_id="i1", result="reject", verified_on=today))
    cases = {c.escalation_id: c.state.value for c in await town.rows(Escalation)}
    assert cases == {"s1/1": "closed", "s1/2": "waiting"}
    assert await office.problems() == []


async def test_what_stands_again_after_a_pass_was_undone_belongs_to_the_new_episode(
    office: Office,
) -> None:
    town = office.town
    pass_ = passed(11, 1, town.today)
    await town.tell_of(pass_)
    pass_.version, pass_.removed = 2, True
    await town.tell_of(pass_)
    assert (await office.case("s1/2")).closed_at is None
    joined = {row.escalation_id for row in await town.rows(EscalationAlert)}
    assert joined == {"s1/1", "s1/2"}
    assert await office.problems() == []


async def test_what_was_red_when_it_was_first_loaded_opens_no_case(town: Town) -> None:
    await town.tell_of(instrument(), rejected(1), baseline=True)
    await town.mornings(2)
    assert await town.alerts() == [("i1", "red", True)]
    assert await town.rows(Escalation) == []


async def test_whoever_was_told_of_nothing_is_not_told_that_it_is_over(town: Town) -> None:
    # Overdue since yesterday as it comes: red at once, told by the next digest.
    await town.tell_of(instrument(), verification(1, town.today - timedelta(days=1)))
    assert [c.state.value for c in await town.rows(Escalation)] == ["waiting"]
    await town.tell_of(passed(11, 1, town.today))
    assert [c.state.value for c in await town.rows(Escalation)] == ["closed"]
    assert await town.notices() == []


async def test_an_instrument_handed_on_is_its_new_owners_to_correct(office: Office) -> None:
    town = office.town
    await town.tell_of(subject(2), instrument(version=2, subject_id="s2"))
    assert (await office.case("s1/1")).state == "closed"
    assert (await office.case("s2/1")).state == "waiting"
    assert "已不在贵单位名下" in (await town.notices("escalation"))[-1].body
    assert await office.problems() == []


async def test_a_case_follows_its_subject_to_another_bureau(office: Office) -> None:
    town = office.town
    await town.tell_of(bureau("330108"), subject(1, version=2, bureau="330108"))
    assert (await office.case()).bureau == "330108"
    with pytest.raises(NotPermitted):
        await office.approve("reminder")


async def test_a_review_of_the_subject_closes_its_case_and_tells_nobody(office: Office) -> None:
    town = office.town
    await town.tell_of(subject(1, version=2, in_review=True))
    assert (await office.case()).state == "closed"
    assert await town.notices("escalation") == []
    assert await office.problems() == []


async def test_a_morning_of_many_opens_them_at_once(town: Town) -> None:
    count = 30
    await town.tell_of(*(subject(n) for n in range(2, count + 2)))
    await town.tell_of(
        *(instrument(n, subject_id=f"s{n}") for n in range(2, count + 2)),
        *(verification(n, town.today) for n in range(2, count + 2)),
    )
    await town.mornings(1)
    await town.settled()
    assert len(await town.rows(Escalation)) == count
    assert len(town.timers.stands) == count
    assert len([a for a in await town.rows(Alert) if a.colour == "red"]) == count


async def test_cases_are_listed_newest_first_within_the_scope(office: Office) -> None:
    town = office.town
    for number in (2, 3):
        town.pass_days(1)
        await town.tell_of(
            subject(number), instrument(number, subject_id=f"s{number}"), rejected(number)
        )

    async def listed(caller: Caller, **said: Any) -> list[str]:
        found, token = [], ""
        while True:
            request = pb.ListEscalationsRequest(page_size=2, page_token=token, **said)
            async with open_view(town.database, town.clock, caller) as view:
                answer = await queries.list_escalations(view, request)
            found += [case.escalation_id for case in answer.escalations]
            if not (token := answer.next_page_token):
                return found

    assert await listed(CASEWORKER) == ["s3/1", "s2/1", "s1/1"]
    assert await listed(OPERATOR) == ["s1/1"]
    assert await listed(FOREIGNER) == []
    assert await listed(CASEWORKER, state="closed") == []
    assert await listed(CASEWORKER, subject_id="s2", bureau=BUREAU) == ["s2/1"]


async def test_a_morning_and_a_cure_at_once_agree(office: Office) -> None:
    town = office.town
    for number in range(2, 7):
        await town.tell_of(
            subject(number),
            instrument(number, subject_id=f"s{number}"),
            verification(number, town.today),
        )
        town.pass_days(1)
        cure = town.tell_of(passed(10 + number, number, town.today))
        await asyncio.gather(town.watch(), cure)
        assert await office.problems() == []

"""From a term's ledger to the schedule of a workflow."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from law.objection import CaseKind, CaseState
from law.periods import start_of
from law.terms.ledger import Term, start
from law.terms.workdays import edition
from services.objection.mandates import agent_to_follow
from services.objection.schedule import (
    MANDATE,
    accept_by,
    due_on,
    intake_schedule,
    schedule_of,
    schedule_of_case,
)
from services.objection.tables import NO_TERM, Case
from services.objection.wire import case_message

NUMBER = "异议〔2026〕330106-0001号"


def term(accepted_on: str, more: int = 0) -> Term:
    day = date.fromisoformat(accepted_on)
    first = start("objection_first", day, edition())
    return first.extend(more, "unit-head", "鉴定", day, edition=edition()) if more else first


def test_a_term_is_overdue_at_the_midnight_after_its_last_day() -> None:
    schedule = schedule_of(term("2026-09-14"), NUMBER, 2)
    assert schedule.version == 2
    assert schedule.due_at == start_of(date(2026, 9, 21))  # 20 September is a make-up day


def test_reminders_are_in_order_and_named_after_the_last_day() -> None:
    rungs = schedule_of(term("2026-09-14"), NUMBER, 2).rungs
    assert [(rung.key, rung.at) for rung in rungs] == [
        ("two_days_before/2026-09-20", start_of(date(2026, 9, 17), 9)),
        ("nearly_due/2026-09-20", start_of(date(2026, 9, 18), 9)),
        ("last_day/2026-09-20", start_of(date(2026, 9, 20), 9)),
        ("overdue/2026-09-20", start_of(date(2026, 9, 21), 9)),
        ("overdue_third/2026-09-20", start_of(date(2026, 9, 23), 9)),
    ]
    assert rungs[0].message_zh == f"{NUMBER}办理期限至2026年9月20日届满，请及时核查并作出决定"
    assert rungs[2].message_zh == f"{rungs[0].message_zh}，请单位负责人督促"
    assert rungs[3].message_zh.startswith(f"{NUMBER}办理期限已于2026年9月20日届满")
    assert rungs[4].message_zh == f"{rungs[3].message_zh}，并报告市级机关"


def test_a_later_reminder_is_addressed_to_more_people() -> None:
    told = [set(rung.tells) for rung in schedule_of(term("2026-09-14"), NUMBER, 2).rungs]
    assert told[:2] == [{"caseworker"}] * 2
    assert told[2:4] == [{"caseworker", "unit_head"}] * 2
    assert told[4] == {"caseworker", "unit_head", "municipal_bureau"}


@pytest.mark.parametrize("kind", [CaseKind.OBJECTION, CaseKind.RECONSIDERATION])
def test_a_case_that_nobody_accepts_is_reminded_of_by_an_example_number_of_days(
    kind: CaseKind,
) -> None:
    schedule = intake_schedule(kind, date(2026, 9, 14), NUMBER, 1)
    assert schedule is not None
    assert [(rung.key, rung.at) for rung in schedule.rungs] == [
        ("intake/two_days_before/2026-09-20", start_of(date(2026, 9, 17), 9)),
        ("intake/nearly_due/2026-09-20", start_of(date(2026, 9, 18), 9)),
        ("intake/last_day/2026-09-20", start_of(date(2026, 9, 20), 9)),
        ("intake/overdue/2026-09-20", start_of(date(2026, 9, 21), 9)),
        ("intake/overdue_third/2026-09-20", start_of(date(2026, 9, 23), 9)),
    ]
    near, _, _, over, _ = (rung.message_zh for rung in schedule.rungs)
    assert near == (
        f"{NUMBER}于2026年9月14日提交，尚未决定是否受理，请不晚于2026年9月20日（天数为示例值）决定"
    )
    assert over.endswith("已过2026年9月20日（天数为示例值），请单位负责人督办")


def test_the_term_of_a_repair_runs_from_its_submission_so_nobody_is_reminded_before() -> None:
    assert intake_schedule(CaseKind.REPAIR, date(2026, 9, 14), NUMBER, 1) is None


def test_a_longer_term_has_reminders_of_its_own() -> None:
    short = {rung.key for rung in schedule_of(term("2026-09-14"), NUMBER, 2).rungs}
    long = {rung.key for rung in schedule_of(term("2026-09-14", 15), NUMBER, 4).rungs}
    assert {key.partition("/")[2] for key in long} == {"2026-10-16"}
    assert not short & long


def test_the_same_ledger_yields_the_same_schedule() -> None:
    ledger = term("2026-09-14", 15)
    again = Term.from_json(ledger.to_json())
    assert schedule_of(again, NUMBER, 4) == schedule_of(ledger, NUMBER, 4)


def test_the_last_day_passes_holidays_and_counts_make_up_days() -> None:
    assert due_on(term("2026-09-14")) == date(2026, 9, 20)
    assert due_on(term("2026-09-28")) == date(2026, 10, 10)
    assert due_on(term("2026-09-14", 15)) == date(2026, 10, 16)


def lodged_case(**changed: Any) -> Case:
    columns: dict[str, Any] = {
        "case_id": "c1",
        "number": NUMBER,
        "subject_id": "s1",
        "bureau": "330106",
        "record_ids": [],
        "records_as_lodged": [],
        "state": CaseState.LODGED,
        "grounds": "记录有误",
        "evidence": [],
        "lodged_by": "operator",
        "lodged_at": datetime(2026, 9, 14, 2, tzinfo=UTC),
    }
    return Case(**{**columns, **changed})


def test_acceptance_is_due_from_the_day_on_which_the_case_was_complete() -> None:
    case = lodged_case()
    assert accept_by(case) == date(2026, 9, 20)
    case.supplement = {"supplied_on": "2026-09-21"}
    assert accept_by(case) == date(2026, 9, 29)  # the 25th and 27th are no working days
    assert case_message(case, date(2026, 9, 21)).accept_by == "2026-09-29"


def test_nothing_but_a_lodged_objection_or_reconsideration_is_to_be_accepted() -> None:
    waiting = lodged_case(state=CaseState.ACCEPTED)
    repair = lodged_case(kind=CaseKind.REPAIR, term=term("2026-09-14").to_json())
    assert accept_by(waiting) == accept_by(repair) == NO_TERM
    assert not case_message(waiting, date(2026, 9, 21)).accept_by


def acted_in(until: str, **of_agent: Any) -> Case:
    agent = {
        "account_id": "a", "subject_id": "firm", "name": "测试代理人", "mandate_id": "file",
        "scope": ["objection"], "until": until, **of_agent,
    }  # fmt: skip
    accepted = {"state": CaseState.ACCEPTED, "term": term("2026-09-14").to_json()}
    return lodged_case(**accepted, agent=agent)


def of_the_mandate(given: Case) -> list[tuple[str, datetime]]:
    schedule = schedule_of_case(given)
    assert schedule is not None
    return [(rung.key, rung.at) for rung in schedule.rungs if rung.key.startswith(MANDATE)]


def test_an_agent_is_reminded_of_the_last_day_of_its_mandate() -> None:
    assert of_the_mandate(acted_in("2026-10-16")) == [
        ("mandate/remind/nearly_due/2026-10-16", start_of(date(2026, 10, 15), 9)),
        ("mandate/escalate/overdue/2026-10-16", start_of(date(2026, 10, 19), 9)),
    ]
    assert of_the_mandate(lodged_case()) == []
    assert of_the_mandate(acted_in("2040-10-16"))  # of a year without a calendar too
    later = {
        "name": "测试代理人", "mandate_id": "next", "scope": ["objection"],
        "until": "2026-12-31", "sent_on": "2026-10-14",
    }  # fmt: skip
    assert of_the_mandate(acted_in("2026-10-16", renewal=later)) == []


def test_a_case_that_follows_has_the_agent_without_what_waits_to_be_checked() -> None:
    given = acted_in("2026-10-16", renewal={"until": "2026-12-31"})
    followed = agent_to_follow(given)
    assert followed is not None
    assert (followed["until"], followed["renewal"]) == ("2026-10-16", None)
    assert agent_to_follow(lodged_case()) is None

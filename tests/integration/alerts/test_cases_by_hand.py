"""Cases that a caseworker opens: of stated facts, or of a grade that nobody was told of."""

from __future__ import annotations

from typing import cast
from uuid import uuid4

import pytest

from law.errors import InvalidInput, NotFound, NotPermitted, WrongState
from plumbing.identity import Caller, Role
from plumbing.view import open_view
from protos.alerts.v1 import escalations_pb2 as pb
from protos.grading.v1.grading_pb2 import Grade
from protos.registry.v1 import events_pb2 as events
from services.alerts.checks import Checks
from services.alerts.escalation import by_hand, queries
from services.alerts.escalation.tables import StandingGrade
from services.alerts.tables import Escalation, Subject
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    OPERATOR,
    OTHER_BUREAU,
    EscalationDesk,
)
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, subject
from tests.integration.alerts.test_cases_of_grades import grade
from tests.integration.alerts.test_contests_of_joined_subjects import act

COLLEAGUE = Caller("account/colleague", "同事", frozenset({Role.CASEWORKER}), BUREAU)
TRIAL_D = Grade(subject_id="s1", bureau=BUREAU, ruleset_id="hangzhou-trial", grade="D")
FACTS = "2026-09-10 现场检查：计价秤铅封缺失"


@pytest.fixture
async def office(alerts: RunningAlerts) -> EscalationDesk:
    alerts.timers.running.add(f"watch/{BUREAU}")
    return EscalationDesk(alerts)


async def opened(
    desk: EscalationDesk, course: str = "minor_breach", *, caller: Caller = CASEWORKER,
    facts: str = FACTS, of: str = "s1", grade: Grade | None = None,
) -> pb.Escalation:  # fmt: skip
    request = pb.OpenEscalationRequest(
        request_id=str(uuid4()), subject_id=of, course=course, facts=facts
    )
    answer = await desk.call(caller, by_hand.open_case, request, grade=grade)
    return cast("pb.Escalation", answer.escalation)


async def closed(
    desk: EscalationDesk, reasons: str = "已改正，现场复核", *, number: str = "s1/1"
) -> pb.Escalation:
    request = pb.CloseEscalationRequest(
        request_id=str(uuid4()), escalation_id=number, reasons=reasons
    )
    answer = await desk.call(CASEWORKER, by_hand.close_case, request)
    return cast("pb.Escalation", answer.escalation)


async def test_facts_open_a_case_once_and_another_person_decides_on_it(
    office: EscalationDesk,
) -> None:
    case = await opened(office)
    assert (case.course, case.step, case.state, case.opened_by) == (
        "minor_breach", "reminder", "waiting", "account/case",
    )  # fmt: skip
    with pytest.raises(WrongState, match="s1/1"):
        await opened(office, caller=COLLEAGUE)
    await office.propose_next_step()
    with pytest.raises(NotPermitted, match="another caseworker"):
        await office.approve("reminder")
    await office.approve("reminder", COLLEAGUE)
    [told] = await office.alerts.notices("escalation")
    assert FACTS in told.body
    assert "不是行政处罚" in told.body
    assert await office.problems() == []


async def test_a_guidance_letter_names_the_facts_and_a_person_may_alter_it(
    office: EscalationDesk,
) -> None:
    await opened(office)
    await office.propose_next_step()
    await office.approve("reminder", COLLEAGUE)
    await office.propose_next_step()
    await office.approve("guidance_letter", COLLEAGUE)
    letter = (await office.alerts.notices("escalation"))[-1]
    assert FACTS in letter.body
    assert "含当日）前改正" in letter.body
    await office.propose_next_step()
    assert (await office.case()).step == "interview"


async def test_a_person_ends_the_case_with_reasons_that_the_subject_reads(
    office: EscalationDesk,
) -> None:
    await opened(office)
    await office.propose_next_step()
    await office.approve("reminder", COLLEAGUE)
    with pytest.raises(InvalidInput):
        await closed(office, " ")
    assert (await closed(office)).state == "closed"
    assert "已改正，现场复核" in (await office.alerts.notices("escalation"))[-1].body
    with pytest.raises(WrongState):
        await closed(office)
    assert (await opened(office)).escalation_id == "s1/2"


async def test_a_case_of_which_nobody_was_told_ends_without_a_notice(
    office: EscalationDesk,
) -> None:
    await opened(office)
    await closed(office)
    assert await office.alerts.notices("escalation") == []


async def as_read(desk: EscalationDesk, caller: Caller) -> list[tuple[str, str, str]]:
    """Facts, who stated them, and why the case ended: in the list, and on the case's own page."""
    async with open_view(desk.alerts.database, desk.alerts.clock, caller) as view:
        listed = await queries.list_escalations(view, pb.ListEscalationsRequest())
    cases = [*listed.escalations, (await desk.read_case(caller)).escalation]
    return [(case.facts, case.opened_by, case.close_reasons) for case in cases]


@pytest.mark.parametrize("told", [False, True])
async def test_the_subject_reads_the_facts_once_it_was_told_and_never_who_stated_them(
    office: EscalationDesk, *, told: bool
) -> None:
    await opened(office)
    await office.propose_next_step()
    assert await as_read(office, OPERATOR) == [("", "", "")] * 2
    if told:
        await office.approve("reminder", COLLEAGUE)
    reasons = (await closed(office)).close_reasons
    shown = (FACTS, "", reasons) if told else ("", "", "")
    assert await as_read(office, OPERATOR) == [shown] * 2
    assert await as_read(office, CASEWORKER) == [(FACTS, "account/case", reasons)] * 2


async def test_a_red_alert_or_a_grade_is_not_ended_by_a_person(desk: EscalationDesk) -> None:
    with pytest.raises(WrongState, match="ends with it"):
        await closed(desk)


async def test_a_grade_of_a_first_load_is_opened_by_hand(office: EscalationDesk) -> None:
    case = await opened(office, "grade", facts="", grade=TRIAL_D)
    assert (case.course, case.step, case.grade) == ("low_grade", "interview", "D")
    with pytest.raises(WrongState):
        await opened(office, "grade", grade=TRIAL_D)
    assert await office.problems() == []


async def test_what_no_text_provides_for_is_not_opened(office: EscalationDesk) -> None:
    for other in (None, Grade(ruleset_id="hangzhou-2021-120", grade="D")):
        with pytest.raises(InvalidInput) as refused:
            await opened(office, "grade", grade=other)
        assert [fault.field for fault in refused.value.faults] == ["course"]
    for course in ("red_alert", "untrusted", "anything"):
        with pytest.raises(InvalidInput) as refused:
            await opened(office, course)
        [fault] = refused.value.faults
        assert fault.field == "course"
        assert "grade（信用等级）、minor_breach（轻微违法行为）" in fault.message_zh
        assert "grade (the grade), minor_breach (a minor breach)" in fault.message_en
    with pytest.raises(InvalidInput):
        await opened(office, facts="")
    with pytest.raises(NotFound):
        await opened(office, of="nobody")
    with pytest.raises(NotPermitted):
        await opened(office, caller=OTHER_BUREAU)
    await office.alerts.put(subject(1, version=2, deregistered_on="2026-09-14"))
    with pytest.raises(WrongState, match="deregistered"):
        await opened(office)
    assert await office.alerts.rows(Escalation) == []


async def test_a_grade_read_before_a_newer_one_arrived_opens_nothing(
    office: EscalationDesk,
) -> None:
    stale = Grade(subject_id="s1", bureau=BUREAU, ruleset_id="hangzhou-trial", grade="D")
    stale.known_from.FromDatetime(office.alerts.clock.moment)
    await grade(office.alerts, "hangzhou-trial", "C")
    with pytest.raises(WrongState, match="has just changed"):
        await opened(office, "grade", grade=stale)
    assert [row.grade for row in await office.alerts.rows(StandingGrade)] == ["C"]
    assert await office.alerts.rows(Escalation) == []


async def test_a_case_waits_for_the_review_of_its_subject_and_ends_with_it(
    office: EscalationDesk,
) -> None:
    await opened(office)
    await office.propose_next_step()
    await office.alerts.put(subject(1, version=2, in_review=True))
    assert (await office.case()).state == "proposed"
    with pytest.raises(WrongState, match="in review"):
        await office.approve("reminder", COLLEAGUE)
    await office.alerts.put(subject(1, version=3, deregistered_on="2026-09-14"))
    case = await office.case()
    assert (case.state, case.close_reasons) == ("closed", "主体已注销。")


async def test_a_case_follows_its_subject_into_a_joining_and_back(office: EscalationDesk) -> None:
    alerts = office.alerts
    await alerts.put(subject(2))
    await opened(office)
    gone = events.SubjectsChanged(subjects=[subject(1, version=2, removed=True)])
    gone.change.cause = events.CAUSE_JOINED
    await alerts.announce(gone, aggregate="subject/s1")
    joined = events.SubjectsJoined(former_id="s1", present_id="s2")
    await alerts.announce(joined, aggregate="subject/s2")
    case = await office.case()
    assert (case.subject_id, case.state) == ("s2", "waiting")
    with pytest.raises(WrongState, match="s1/1"):
        await opened(office, of="s2")
    assert await office.problems() == []
    await alerts.put(subject(1, version=3))
    # Its number stays taken, though subject 1 has no case now.
    assert (await opened(office, of="s1")).escalation_id == "s1/2"
    await closed(office, number="s1/2")
    await alerts.announce(act("parted", "s2", "s1"), aggregate="subject/s2")
    case = await office.case()
    assert (case.subject_id, case.state) == ("s1", "waiting")
    assert (await opened(office, of="s2")).escalation_id == "s2/1"
    assert await office.problems() == []


async def test_a_grade_that_ends_with_its_subject_before_the_joining_is_heard_of_closes_nothing(
    office: EscalationDesk,
) -> None:
    alerts = office.alerts
    await alerts.put(subject(2))
    await opened(office)
    await alerts.put(subject(1, version=2, removed=True), cause=events.CAUSE_JOINED)
    # Grading announces it on a stream of its own, which may be ahead.
    await grade(alerts, "hangzhou-trial", "")
    # An older version, handled once more.
    await alerts.put(subject(1))
    assert await office.problems() == []
    await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    assert (await office.case()).state == "waiting"
    joined = events.SubjectsJoined(former_id="s1", present_id="s2")
    await alerts.announce(joined, aggregate="subject/s2")
    case = await office.case()
    assert (case.subject_id, case.state) == ("s2", "waiting")


async def test_a_case_ends_with_a_subject_whose_registration_is_withdrawn(
    office: EscalationDesk,
) -> None:
    await opened(office)
    await office.alerts.put(subject(1, version=2, removed=True))
    case = await office.case()
    assert (case.state, case.close_reasons) == ("closed", "主体的登记已撤销。")


async def test_of_two_cases_of_one_matter_the_one_of_the_subject_that_stays_goes_on(
    office: EscalationDesk,
) -> None:
    await office.alerts.put(subject(2))
    await opened(office)
    await opened(office, of="s2")
    joined = events.SubjectsJoined(former_id="s1", present_id="s2")
    await office.alerts.announce(joined, aggregate="subject/s2")
    case = await office.case()
    assert case.state == "closed"
    assert "s2/1" in case.close_reasons
    assert (await office.case("s2/1")).state == "waiting"


async def test_a_case_that_ended_with_a_joining_goes_on_at_its_step_once_that_is_undone(
    office: EscalationDesk,
) -> None:
    alerts = office.alerts
    await alerts.put(subject(2))
    await opened(office)
    await office.propose_next_step()
    await office.approve("reminder", COLLEAGUE)
    await opened(office, of="s2")
    await alerts.put(subject(1, version=2, removed=True), cause=events.CAUSE_JOINED)
    joined = events.SubjectsJoined(former_id="s1", present_id="s2")
    await alerts.announce(joined, aggregate="subject/s2")
    assert (await office.case()).state == "closed"
    await alerts.put(subject(1, version=3))
    await alerts.announce(act("parted", "s2", "s1"), aggregate="subject/s2")
    case = await office.case()
    assert (case.subject_id, case.state, case.step) == ("s1", "waiting", "guidance_letter")
    assert (case.closed_at, case.close_reasons) == (None, "")
    assert (await office.case("s2/1")).state == "waiting"
    assert await office.problems() == []
    await office.propose_next_step()
    assert (await office.case()).state == "proposed"


async def test_an_open_case_of_a_subject_that_is_no_more_is_found_and_mended(
    office: EscalationDesk,
) -> None:
    alerts = office.alerts
    await opened(office)
    async with alerts.database.transaction() as session:
        (await session.get_one(Subject, "s1")).deregistered = True
    assert await office.problems() == ["escalation.not_closed"]
    await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    assert (await office.case()).state == "closed"

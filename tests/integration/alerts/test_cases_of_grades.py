"""Cases that a grade opens: once, with the steps of its text, held by an objection."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import event
from sqlmodel import select

from law.errors import WrongState
from protos.alerts.v1 import escalations_pb2 as pb
from protos.grading.v1 import events_pb2 as grading
from protos.grading.v1.grading_pb2 import Grade
from protos.objection.v1 import events_pb2 as objection
from protos.objection.v1 import objection_pb2
from services.alerts.checks import Checks
from services.alerts.escalation import invitations
from services.alerts.escalation.tables import Contest, StandingGrade
from services.alerts.tables import Escalation, EscalationStep
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    OPERATOR,
    EscalationDesk,
    rejected,
)
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts, instrument, subject


@pytest.fixture
async def graded(alerts: RunningAlerts) -> EscalationDesk:
    """The people of escalation, and a subject without any instrument."""
    alerts.timers.running.add(f"watch/{BUREAU}")
    return EscalationDesk(alerts)


async def grade(
    alerts: RunningAlerts,
    ruleset: str,
    to: str,
    receipt: str = "receipt-1",
    *,
    baseline: bool = False,
    of: str = "s1",
) -> None:
    """Announces a grade of a subject, which became known a minute after the one before."""
    alerts.clock.moment += timedelta(minutes=1)
    after = Grade(subject_id=of, bureau=BUREAU, ruleset_id=ruleset, grade=to, receipt_id=receipt)
    after.known_from.FromDatetime(alerts.clock.moment)
    event = grading.GradeChanged(subject_id=of, after=after, baseline=baseline)
    await alerts.announce(event, aggregate=f"subject/{of}")


async def contest(
    alerts: RunningAlerts, state: str, version: int, *targets: str, of: str = "s1"
) -> None:
    """Announces an objection of a subject in a state."""
    items = [
        objection_pb2.ContestedItem(target=kind, id=identity)
        for kind, _, identity in (target.partition("/") for target in targets)
    ]
    case = objection_pb2.Case(
        case_id="o1", number="异议〔2026〕1号", kind="objection", subject_id=of, bureau=BUREAU,
        state=state, version=version, items=items,
    )  # fmt: skip
    events = {
        "lodged": objection.ObjectionLodged,
        "accepted": objection.ObjectionAccepted,
        "decided": objection.ObjectionDecided,
        "closed": objection.ObjectionClosed,
        "withdrawn": objection.ObjectionWithdrawn,
    }
    await alerts.announce(events[state](case=case), aggregate="objection/o1")


COURSES = {
    "hangzhou-trial D": ["interview"],
    "hangzhou-trial E": ["interview"],
    "hangzhou-2021-120 E": ["measures"],
    "national-2017-566 untrusted": ["reminder", "interview", "exposure"],
    "tianjin-pilot 3": ["reminder", "interview", "exposure"],
}


@pytest.mark.parametrize(("of", "steps"), COURSES.items())
async def test_a_grade_opens_one_case_with_the_steps_of_its_text(
    graded: EscalationDesk, of: str, steps: list[str]
) -> None:
    ruleset, name = of.split()
    await grade(graded.alerts, ruleset, name)
    await grade(graded.alerts, ruleset, name, "receipt-2")  # the same matter, once
    [case] = await graded.alerts.rows(Escalation)
    assert (case.matter, case.receipt_id, case.step.value) == ("grade", "receipt-2", steps[0])
    for step in steps:
        await graded.propose_next_step()
        if step == "interview":
            await graded.approve(step, appointment=graded.appointment())
            graded.alerts.pass_days(3)
            await graded.record_interview()
        elif step != "exposure":  # which a list carries out
            await graded.approve(step)
    ends_in_exposure = steps[-1] == "exposure"
    assert (await graded.case()).state == ("proposed" if ends_in_exposure else "exhausted")
    documents = await graded.alerts.notices("escalation")
    assert len(documents) == len(steps) - ends_in_exposure
    assert all("receipt-2" in one.body or "计量信用等级" in one.body for one in documents)
    assert await graded.problems() == []


async def test_grade_e_is_told_of_each_measure_with_its_article(graded: EscalationDesk) -> None:
    await grade(graded.alerts, "hangzhou-2021-120", "E")
    await graded.propose_next_step()
    await graded.approve("measures")
    [told] = await graded.alerts.notices("escalation")
    for words in ("列为重点审查对象", "列为重点监督检查对象", "平台不自动执行", "异议"):
        assert words in told.body
    [step] = (await graded.read_case(OPERATOR)).steps
    assert (step.letter_title, step.cite) == (
        "监管措施告知",
        "S4 四(五)E1; S4 四(五)E2; S4 四(五)E3; S4 四(五)E4",
    )


async def test_the_interview_of_a_low_grade_is_noted_whether_asked_for_or_not(
    graded: EscalationDesk,
) -> None:
    await grade(graded.alerts, "hangzhou-trial", "D")
    await graded.propose_next_step()
    await graded.approve("interview", appointment=graded.appointment(note=False))
    [invited] = await graded.alerts.notices("escalation")
    assert "约谈情况将记入信用档案" in invited.body
    assert "救济途径" in invited.body
    assert await graded.problems() == []
    graded.alerts.pass_days(3)
    await graded.record_interview()
    await graded.activities.note_interview("s1/1")
    [record] = graded.clients.entered.values()
    assert record.kind == "administrative_measure"


async def test_an_invitation_that_left_the_note_out_is_found_and_sent_anew(
    graded: EscalationDesk,
) -> None:
    await grade(graded.alerts, "hangzhou-trial", "D")
    await graded.propose_next_step()
    await graded.approve("interview", appointment=graded.appointment())
    async with graded.alerts.database.transaction() as session:
        [step] = (await session.exec(select(EscalationStep))).all()
        step.archive_cite = ""  # as an earlier release left it
        session.add(step)
    assert "escalation.interview_not_noted" in await graded.problems()
    at = graded.appointment(days=5).at
    request = pb.MoveInterviewRequest(request_id=str(uuid4()), escalation_id="s1/1", at=at)
    await graded.call(CASEWORKER, invitations.move, request)
    assert "约谈情况将记入信用档案" in (await graded.alerts.notices("escalation"))[-1].body
    assert await graded.problems() == []


async def test_a_better_grade_ends_the_case_and_tells_who_was_told(
    graded: EscalationDesk,
) -> None:
    await grade(graded.alerts, "national-2017-566", "untrusted")
    await graded.take_steps("reminder")
    await grade(graded.alerts, "national-2017-566", "basically_trusted")
    case = await graded.case()
    assert (case.state, case.due_on) == ("closed", None)
    assert "等级已经变动" in (await graded.alerts.notices("escalation"))[-1].body
    await grade(graded.alerts, "national-2017-566", "untrusted")
    assert sorted(c.escalation_id for c in await graded.alerts.rows(Escalation)) == ["s1/1", "s1/2"]


async def test_no_case_for_other_grades_and_first_loads(graded: EscalationDesk) -> None:
    await grade(graded.alerts, "hangzhou-2021-120", "D")
    await grade(graded.alerts, "hangzhou-trial", "C")
    await grade(graded.alerts, "hangzhou-trial", "D", baseline=True)
    assert await graded.alerts.rows(Escalation) == []
    assert await graded.problems() == []


async def test_a_red_alert_and_a_grade_are_two_matters(graded: EscalationDesk) -> None:
    await graded.alerts.put(instrument(), rejected(1))
    await grade(graded.alerts, "hangzhou-trial", "D")
    cases = {case.matter: case.course for case in await graded.alerts.rows(Escalation)}
    assert cases == {"alert": "red_alert", "grade": "low_grade"}
    await graded.alerts.put(subject(1, version=2, deregistered_on="2026-09-14"))
    assert {case.state.value for case in await graded.alerts.rows(Escalation)} == {"closed"}


async def test_an_objection_holds_the_case_and_its_end_releases_it(graded: EscalationDesk) -> None:
    alerts = graded.alerts
    await grade(alerts, "hangzhou-trial", "D")
    await contest(alerts, "lodged", 1, "record/r1")
    await graded.propose_next_step()
    assert (await graded.case()).state == "held"
    assert [one.number for one in (await graded.read_case(CASEWORKER)).contests] == [
        "异议〔2026〕1号"
    ]
    assert await graded.problems() == []
    await contest(alerts, "closed", 3, "record/r1")
    await contest(alerts, "accepted", 2, "record/r1")  # late, and of an older version
    assert not (await alerts.rows(Contest))[0].running
    case = await graded.case()
    assert (case.state, case.due_on) == ("waiting", alerts.today)


async def test_a_proposed_step_is_not_approved_while_its_grade_is_contested(
    graded: EscalationDesk,
) -> None:
    await grade(graded.alerts, "hangzhou-trial", "D")
    await graded.propose_next_step()
    await contest(graded.alerts, "lodged", 1, "record/r1")
    with pytest.raises(WrongState, match="contested"):
        await graded.approve("interview", appointment=graded.appointment())
    await contest(graded.alerts, "withdrawn", 2, "record/r1")
    case = await graded.approve("interview", appointment=graded.appointment())
    assert case.state == "appointed"


@pytest.mark.parametrize("target", ["instrument/i1", "verification/v1"])
async def test_an_objection_holds_a_red_alert_that_it_contests(
    desk: EscalationDesk, target: str
) -> None:
    await desk.take_steps("reminder")
    await contest(desk.alerts, "lodged", 1, target)
    await desk.propose_next_step()
    assert (await desk.case()).state == "held"
    await contest(desk.alerts, "closed", 2, target)
    assert (await desk.case()).state == "waiting"


async def test_an_objection_about_another_instrument_is_no_ground(desk: EscalationDesk) -> None:
    await desk.alerts.put(instrument(2))
    await contest(desk.alerts, "lodged", 1, "instrument/i2")
    assert [*(await desk.read_case(CASEWORKER)).contests] == []
    await contest(desk.alerts, "accepted", 2, "instrument/i2", "instrument/i1")
    assert [one.case_id for one in (await desk.read_case(CASEWORKER)).contests] == ["o1"]


async def test_a_check_reads_no_grade_that_neither_has_nor_needs_a_case(
    graded: EscalationDesk,
) -> None:
    alerts, read = graded.alerts, list[str]()
    await grade(alerts, "hangzhou-trial", "C")

    def note(row: StandingGrade, _context: object) -> None:
        read.append(row.grade)

    event.listen(StandingGrade, "load", note)
    try:
        assert await graded.problems() == []
        assert read == []
        await grade(alerts, "hangzhou-trial", "D")
        read.clear()
        assert await graded.problems() == []
        assert read == ["D"]
    finally:
        event.remove(StandingGrade, "load", note)


async def test_check_finds_what_disagrees_with_the_grade_and_reconcile_mends_it(
    graded: EscalationDesk,
) -> None:
    alerts = graded.alerts
    await grade(alerts, "hangzhou-trial", "D")
    async with alerts.database.transaction() as session:
        await session.delete(await session.get_one(Escalation, "s1/1"))
    assert "escalation.missing" in await graded.problems()
    await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    assert await graded.problems() == []
    await grade(alerts, "hangzhou-trial", "C")
    async with alerts.database.transaction() as session:
        case = await session.get_one(Escalation, "s1/1")
        case.closed_at = None
    assert "escalation.not_closed" in await graded.problems()
    await Checks(alerts.database, alerts.clock, alerts.timers).reconcile()
    assert "escalation.not_closed" not in await graded.problems()

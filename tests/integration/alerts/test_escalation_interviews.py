"""The interview of an escalation, with its credit record."""

from __future__ import annotations

import grpc
import pytest

from law.errors import InvalidInput, WrongState
from plumbing.client import Refusal
from protos.grading.v1.grading_pb2 import Grade
from tests.integration.alerts.escalation_desk import (
    CASEWORKER,
    EscalationDesk,
    passed,
    rejected,
)
from tests.integration.alerts.running_alerts import RunningAlerts, instrument, subject

TRIAL_D = Grade(subject_id="s1", ruleset_id="hangzhou-trial", grade="D")


async def test_a_cure_voids_a_pending_step_and_cancels_an_interview(desk: EscalationDesk) -> None:
    alerts = desk.alerts
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    await desk.approve("interview", appointment=desk.appointment())
    await alerts.put(passed(11, 1, alerts.today))
    assert (await desk.steps())[-1] == ("interview", "void")
    message = (await alerts.notices("escalation"))[-1]
    assert "约谈取消" in message.body
    alerts.pass_days(3)
    with pytest.raises(WrongState):
        await desk.record_interview()
    with pytest.raises(WrongState):
        await desk.approve("interview", appointment=desk.appointment())


async def test_an_interview_is_recorded_where_a_text_says_so(desk: EscalationDesk) -> None:
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    await desk.approve("interview", grade=TRIAL_D, appointment=desk.appointment(note=True))
    invited = (await desk.alerts.notices("escalation"))[-1]
    assert "将记入信用档案" in invited.body
    assert "异议" in invited.body
    with pytest.raises(WrongState):
        await desk.record_interview()
    desk.alerts.pass_days(3)
    await desk.record_interview()
    assert desk.alerts.timers.states["s1/1"].to_note
    stand = await desk.activities.note_interview("s1/1")
    assert not stand.to_note
    await desk.activities.note_interview("s1/1")
    [record] = desk.clients.entered.values()
    assert (record.kind, record.subject_id) == ("administrative_measure", "s1")
    assert record.source_ref == "约谈〔2026〕330106-0001号"
    step = (await desk.read_case(CASEWORKER)).steps[-1]
    assert step.interview.record_id == "record-account/case"
    assert step.interview.archive_cite == "S3 24(三); S3 25"


@pytest.mark.parametrize("grade", [None, Grade(ruleset_id="hangzhou-2021-120", grade="E")])
async def test_an_interview_is_not_recorded_where_no_text_says_so(
    desk: EscalationDesk, grade: Grade | None
) -> None:
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    with pytest.raises(InvalidInput) as refused:
        await desk.approve(
            "interview", grade=grade, appointment=desk.appointment(days=-1, note=True)
        )
    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["appointment.at", "appointment.note_in_archive"]


async def test_recording_is_tried_again_and_a_refusal_is_kept(
    desk: EscalationDesk,
) -> None:
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    await desk.approve("interview", grade=TRIAL_D, appointment=desk.appointment(note=True))
    desk.alerts.pass_days(3)
    await desk.record_interview()
    # Cured meanwhile: what was decided of the archive is still done.
    await desk.alerts.put(passed(11, 1, desk.alerts.today))
    gone = Refusal(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "", "")
    never = Refusal(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "没有该主体", "no such subject")
    desk.clients.failures = [never, gone]
    with pytest.raises(Exception, match="UNAVAILABLE"):
        await desk.activities.note_interview("s1/1")
    assert desk.alerts.timers.states["s1/1"].to_note
    stand = await desk.activities.note_interview("s1/1")
    assert (stand.to_note, stand.closed) == (False, True)
    step = (await desk.read_case(CASEWORKER)).steps[-1]
    assert "没有该主体" in step.interview.archive_error


async def test_an_interview_that_nobody_attended_is_not_recorded(desk: EscalationDesk) -> None:
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    await desk.approve("interview", grade=TRIAL_D, appointment=desk.appointment(note=True))
    desk.alerts.pass_days(3)
    case = await desk.record_interview("not_attended")
    assert (case.state, case.step) == ("waiting", "exposure")
    assert not desk.alerts.timers.states["s1/1"].to_note


async def test_the_digest_names_an_interview_without_an_outcome(desk: EscalationDesk) -> None:
    alerts = desk.alerts
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    await desk.approve("interview", appointment=desk.appointment())
    await alerts.watch_days(2)
    assert await alerts.notices("approvals") == []
    await alerts.watch_days(2)
    [digest] = await alerts.notices("approvals")
    assert "待记录情况" in digest.body


async def test_a_natural_person_is_never_exposed(alerts: RunningAlerts) -> None:
    await alerts.put(subject(1, version=2, kind="natural_person"), instrument(), rejected(1))
    desk = EscalationDesk(alerts)
    await desk.take_steps("interview")
    assert (await desk.case()).state == "exhausted"

"""The last steps of an escalation: the interview and its note in the archive, and exposure."""

from __future__ import annotations

import grpc
import pytest

from law.errors import InvalidInput, NotPermitted, WrongState
from plumbing.client import Refusal
from protos.grading.v1.grading_pb2 import Grade
from tests.integration.alerts.escalating import (
    CASEWORKER,
    UNIT_HEAD,
    Office,
    passed,
    publication,
    rejected,
)
from tests.integration.alerts.town import Town, instrument, subject

TRIAL_D = Grade(subject_id="s1", ruleset_id="hangzhou-trial", grade="D")


async def test_the_cure_voids_what_waits_and_cancels_an_interview(office: Office) -> None:
    town = office.town
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", appointment=office.appointment())
    await town.tell_of(passed(11, 1, town.today))
    assert (await office.steps())[-1] == ("interview", "void")
    told = (await town.notices("escalation"))[-1]
    assert "约谈取消" in told.body
    town.pass_days(3)
    with pytest.raises(WrongState):
        await office.record_interview()
    with pytest.raises(WrongState):
        await office.approve("interview", appointment=office.appointment())


async def test_an_interview_is_noted_where_the_text_says_so(office: Office) -> None:
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", grade=TRIAL_D, appointment=office.appointment(note=True))
    invited = (await office.town.notices("escalation"))[-1]
    assert "将记入信用档案" in invited.body
    assert "异议" in invited.body
    with pytest.raises(WrongState):
        await office.record_interview()
    office.town.pass_days(3)
    await office.record_interview()
    assert office.town.timers.stands["s1/1"].to_note
    stand = await office.activities.note_interview("s1/1")
    assert not stand.to_note
    await office.activities.note_interview("s1/1")
    [record] = office.neighbours.entered.values()
    assert (record.kind, record.subject_id) == ("administrative_measure", "s1")
    assert record.source_ref == "约谈〔2026〕330106-0001号"
    step = (await office.seen(CASEWORKER)).steps[-1]
    assert step.interview.record_id == "record-account/case"
    assert step.interview.archive_cite == "S3 24(三); S3 25"


@pytest.mark.parametrize("grade", [None, Grade(ruleset_id="hangzhou-2021-120", grade="E")])
async def test_an_interview_is_not_noted_where_no_text_says_so(
    office: Office, grade: Grade | None
) -> None:
    await office.climb("guidance_letter")
    await office.morning_of_step()
    with pytest.raises(InvalidInput) as refused:
        await office.approve(
            "interview", grade=grade, appointment=office.appointment(days=-1, note=True)
        )
    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["appointment.at", "appointment.note_in_archive"]


async def test_a_note_is_tried_again_and_a_refusal_is_kept(office: Office) -> None:
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", grade=TRIAL_D, appointment=office.appointment(note=True))
    office.town.pass_days(3)
    await office.record_interview()
    # Cured meanwhile: what was decided of the archive is still done.
    await office.town.tell_of(passed(11, 1, office.town.today))
    gone = Refusal(grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "", "")
    never = Refusal(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "没有该主体", "no such subject")
    office.neighbours.failures = [never, gone]
    with pytest.raises(Exception, match="UNAVAILABLE"):
        await office.activities.note_interview("s1/1")
    assert office.town.timers.stands["s1/1"].to_note
    stand = await office.activities.note_interview("s1/1")
    assert (stand.to_note, stand.closed) == (False, True)
    step = (await office.seen(CASEWORKER)).steps[-1]
    assert "没有该主体" in step.interview.archive_error


async def test_nobody_came(office: Office) -> None:
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", grade=TRIAL_D, appointment=office.appointment(note=True))
    office.town.pass_days(3)
    case = await office.record_interview("not_attended")
    assert (case.state, case.step) == ("waiting", "exposure")
    assert not office.town.timers.stands["s1/1"].to_note


async def test_an_interview_without_an_outcome_is_recalled(office: Office) -> None:
    town = office.town
    await office.climb("guidance_letter")
    await office.morning_of_step()
    await office.approve("interview", appointment=office.appointment())
    await town.mornings(2)
    assert await town.notices("approvals") == []
    await town.mornings(2)
    [digest] = await town.notices("approvals")
    assert "待记录情况" in digest.body


async def test_exposure_is_the_unit_heads_and_ends_with_the_case(office: Office) -> None:
    town = office.town
    await office.climb("interview")
    await office.morning_of_step()
    with pytest.raises(NotPermitted):
        await office.approve("exposure", publication=publication())
    with pytest.raises(InvalidInput) as refused:
        await office.approve("exposure", UNIT_HEAD)
    assert {f.field: f.cite for f in refused.value.faults} == {
        "publication.facts_verified": "S1 19",
        "publication.confidentiality_reviewed": "S1 18",
        "publication.media": "S1 19",
    }
    case = await office.approve("exposure", UNIT_HEAD, publication=publication())
    assert case.state == "exhausted"
    [shown] = await office.exposures()
    assert shown.subject_name == "测试单位1"
    assert "NO-1" in shown.statement
    assert list(shown.media) == ["政府网站"]
    assert "异议" in (await town.notices("escalation"))[-1].body
    await town.tell_of(subject(1, version=2, kind="natural_person"))
    assert await office.exposures() == []
    await town.tell_of(subject(1, version=3))
    await town.tell_of(passed(11, 1, town.today))
    assert await office.exposures() == []


async def test_a_natural_person_is_never_exposed(town: Town) -> None:
    await town.tell_of(subject(1, version=2, kind="natural_person"), instrument(), rejected(1))
    office = Office(town)
    await office.climb("interview")
    assert (await office.case()).state == "exhausted"

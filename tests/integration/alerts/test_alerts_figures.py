"""What waits for a person in alerts is counted by one metric."""

from __future__ import annotations

import grpc

from plumbing.client import Refusal
from plumbing.identity import service_caller
from protos.grading.v1.grading_pb2 import Grade
from protos.registry.v1 import registry_pb2
from services.alerts import figures
from services.alerts.figures import Awaiting
from services.alerts.notices import issue
from services.alerts.notices.mail import MailError, mark_failed, note_attempt
from services.alerts.notices.texts import Text
from services.alerts.tables import NoticeKind, Subject
from tests.integration.alerts.escalation_desk import EscalationDesk
from tests.integration.alerts.running_alerts import BUREAU, RunningAlerts
from tests.integration.alerts.test_exposure_lists import Lists

TRIAL_D = Grade(subject_id="s1", ruleset_id="hangzhou-trial", grade="D")


async def awaiting(alerts: RunningAlerts) -> dict[str, float]:
    """The counts that are not zero."""
    [look] = [
        x
        for x in figures.looks(alerts.database, alerts.clock, sends_mail=True)
        if x.name == "awaiting"
    ]
    readings = await look.take()
    assert [reading.labels[0] for reading in readings] == [kind.value for kind in Awaiting]
    return {reading.labels[0]: reading.value for reading in readings if reading.value}


async def test_a_step_waits_while_it_is_proposed(desk: EscalationDesk) -> None:
    before = await awaiting(desk.alerts)
    assert "step_proposed" not in before
    await desk.propose_next_step()
    assert await awaiting(desk.alerts) == before | {"step_proposed": 1}
    await desk.approve("reminder")
    assert await awaiting(desk.alerts) == before


async def test_an_interview_waits_from_the_day_after_it(desk: EscalationDesk) -> None:
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    await desk.approve("interview", grade=TRIAL_D, appointment=desk.appointment(note=True))
    desk.alerts.pass_days(2)
    assert "interview_unrecorded" not in await awaiting(desk.alerts)
    desk.alerts.pass_days(1)
    assert (await awaiting(desk.alerts))["interview_unrecorded"] == 1
    await desk.record_interview()
    assert "interview_unrecorded" not in await awaiting(desk.alerts)


async def test_a_refused_note_waits_until_somebody_enters_the_record(desk: EscalationDesk) -> None:
    await desk.take_steps("guidance_letter")
    await desk.propose_next_step()
    await desk.approve("interview", grade=TRIAL_D, appointment=desk.appointment(note=True))
    desk.alerts.pass_days(3)
    await desk.record_interview()
    refusal = Refusal(grpc.StatusCode.NOT_FOUND, "NOT_FOUND", "没有该主体", "no such subject")
    desk.clients.failures = [refusal]
    await desk.activities.note_interview("s1/1")
    assert (await awaiting(desk.alerts))["interview_note_refused"] == 1
    await desk.alerts.put(
        registry_pb2.Record(
            record_id="r1",
            subject_id="s1",
            bureau=BUREAU,
            kind="administrative_measure",
            determined_on=desk.alerts.today.isoformat(),
            source_ref="约谈〔2026〕330106-0001号",
            status="active",
            version=1,
        )
    )
    assert "interview_note_refused" not in await awaiting(desk.alerts)


async def test_every_step_taken_waits_while_the_alert_stands(desk: EscalationDesk) -> None:
    await desk.propose_exposure()
    await Lists(desk.alerts).released("s1")
    assert (await awaiting(desk.alerts))["steps_exhausted"] == 1


async def test_mail_that_does_not_arrive_waits(alerts: RunningAlerts) -> None:
    refused, failed = await _issue(alerts, "one"), await _issue(alerts, "two")
    await _issue(alerts, "three", address="")
    async with alerts.changes.change(service_caller("alerts")) as change:
        await note_attempt(change, refused, MailError(ConnectionRefusedError()))
        await mark_failed(change, failed)
    assert await awaiting(alerts) == {"delivery_failed": 1, "delivery_refused": 1, "no_address": 1}


async def _issue(alerts: RunningAlerts, key: str, address: str = "unit1@test.example") -> str:
    async with alerts.changes.change(service_caller("alerts")) as change:
        subject = await change.session.get_one(Subject, "s1")
        subject.email = address
        text = Text("标题", "正文")
        notice = await issue.issue(change, NoticeKind.LETTER, key, subject, BUREAU, text)
        assert notice is not None
        return notice.notice_id

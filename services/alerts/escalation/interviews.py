"""Interviews: their appointment, how they went, and their note in the archive (R-130, R-131)."""

from __future__ import annotations

from datetime import date, datetime

from law.errors import Fault, InvalidInput, WrongState
from law.escalation import Step, archive_cite
from law.evidence import SubjectKind
from law.periods import local_day
from plumbing.change import Change
from protos.alerts.v1 import escalations_pb2 as pb
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.escalation import wire as wire_escalations
from services.alerts.escalation.cases import CITE
from services.alerts.escalation.filing import save, snapshot
from services.alerts.escalation.steps import (
    advance,
    ground_of,
    latest_step,
    locked,
    of_bureau,
    stripped,
    subject_of,
    wait_until,
)
from services.alerts.escalation.undertakings import undertake
from services.alerts.ladders.own import latest_review_of
from services.alerts.tables import Escalation, EscalationStep, StepState

HELD = "held"


async def record_interview(
    change: Change, request: pb.RecordInterviewRequest
) -> pb.RecordInterviewResponse:
    """Records the outcome and the minutes of an interview; the case then waits for its next step.

    An interview that was held is also entered in the register, if its approval included this
    (R-131). Raises WrongState if no interview is appointed or its time has not come.
    """
    case = await of_bureau(change, request.escalation_id)
    step = await latest_step(change, case, (StepState.APPOINTED,))
    if step is None or step.meets_at is None:
        raise WrongState("没有已约定的约谈", "No interview is appointed", cite=CITE)
    if change.at < step.meets_at:
        raise WrongState("约谈时间未到", "The interview is still to come", cite=CITE)
    before = snapshot(case)
    step.outcome, step.minutes = request.outcome, stripped("minutes", request.minutes)
    latest = await latest_review_of(change.session, case.bureau, change.today)
    undertake(change, step, request, latest)
    step.recorded_by, step.state = change.on_behalf_of, StepState.CARRIED_OUT
    case.to_note = request.outcome == HELD and bool(step.archive_cite)
    await advance(change, case, SubjectKind((await subject_of(change, case)).kind))
    wait_until(case, step.undertaking_by)
    ground = ground_of(change, case, Step.INTERVIEW)
    await save(change, case, "record_interview", before, ground)
    return pb.RecordInterviewResponse(escalation=wire_escalations.case(case))


async def note_interview(
    change: Change, escalation_id: str, step_id: int, record_id: str, error: str
) -> Escalation:
    """Stores the id of an interview's credit record, or the error of the register's refusal."""
    case = await locked(change, escalation_id)
    step = await change.session.get_one(EscalationStep, step_id)
    if case.to_note:
        before, case.to_note = snapshot(case), False
        step.record_id, step.archive_error = record_id, error
        await save(change, case, "note_interview", before, step.archive_cite)
    return case


def noted_by(case: Escalation, on: date) -> str:
    """Returns the article that has the interview of a case noted in the archive, or "".

    It commands so of the grade that opened the case: nobody may leave it out (S3 24(三), 25).
    """
    return archive_cite(case.ruleset_id, case.grade, on)


def appoint(
    change: Change,
    case: Escalation,
    step: EscalationStep,
    request: pb.ApproveStepRequest,
    grade: Grade | None,
    latest: date,
) -> None:
    """Stores the appointment (S4 四(二)); recorded only where a text says so (R-131, C-07).

    Where the text of the grade that opened the case says so, it always is; of another case if the
    request asks for it and `grade` is one of which a text says so. `latest` is the latest day.
    """
    appointment, faults = request.appointment, list[Fault]()
    if not request.HasField("appointment"):
        zh, en = "须写明约谈的时间、地点和参加人员", "When, where and with whom is required"
        raise InvalidInput(faults=[Fault("appointment", zh, en)])
    step.meets_at = appointment.at.ToDatetime(change.at.tzinfo)
    step.place, step.attendees = appointment.place.strip(), appointment.attendees.strip()
    faults += moment_faults(change, step.meets_at, "appointment.at", latest)
    step.archive_cite = noted_by(case, change.today)
    if appointment.note_in_archive and not step.archive_cite:
        cite = archive_cite(grade.ruleset_id, grade.grade, change.today) if grade else ""
        step.archive_cite = cite
        if not cite:
            zh = "适用于该主体的文本没有规定约谈记入档案"
            en = "The text that governs the subject does not say that it is noted"
            faults.append(Fault("appointment.note_in_archive", zh, en, cite="S3 24(三)"))
    if faults:
        raise InvalidInput(faults=faults)


def moment_faults(change: Change, at: datetime, field: str, latest: date) -> list[Fault]:
    """Returns the fault of a time for an interview that is past, or after the day `latest`."""
    if change.at < at and local_day(at) <= latest:
        return []
    zh, en = f"约谈时间须在将来，最迟 {latest}", f"must be to come, at the latest on {latest}"
    return [Fault(field, zh, en)]

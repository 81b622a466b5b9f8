"""The invitation to an interview: the subject's answer, and another time (S4 四(二), R-131)."""

from __future__ import annotations

from datetime import date

from law.errors import Fault, InvalidInput, WrongState
from law.escalation import Step
from plumbing import validation
from plumbing.change import Change
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.escalation import wire as wire_escalations
from services.alerts.escalation.cases import CITE
from services.alerts.escalation.filing import save, snapshot
from services.alerts.escalation.interview_texts import answered
from services.alerts.escalation.interviews import moment_faults, noted_by
from services.alerts.escalation.issuing import issue_document
from services.alerts.escalation.steps import (
    ground_of,
    latest_step,
    locked,
    of_bureau,
    subject_of,
)
from services.alerts.ladders.own import latest_review_of
from services.alerts.notices.issue import Matter, issue
from services.alerts.tables import Bureau, Escalation, EscalationStep, NoticeKind, StepState

ATTEND = "attend"


async def answer(
    change: Change, request: pb.AnswerInvitationRequest
) -> pb.AnswerInvitationResponse:
    """Stores the subject's answer to its invitation, and tells the bureau; the last answer counts.

    Raises NotPermitted for another subject, WrongState if no interview is to come, and InvalidInput
    for another day without the day or the reasons.
    """
    case = await locked(change, request.escalation_id)
    change.caller.require_subject(case.subject_id, case.bureau)
    step = await _to_come(change, case)
    latest = await latest_review_of(change.session, case.bureau, change.today)
    asked_for, reasons = _asked_for(change, request, latest), request.reasons.strip()
    before = snapshot(case)
    step.answer, step.asked_for, step.answer_reasons = request.answer, asked_for, reasons
    step.answered_at = change.at
    change.session.add(step)
    await save(change, case, "answer_invitation", before, ground_of(change, case, Step.INTERVIEW))
    await _tell_bureau(change, case, step)
    return pb.AnswerInvitationResponse(
        escalation=wire_escalations.case_for_subject(case, told=True)
    )


async def move(change: Change, request: pb.MoveInterviewRequest) -> pb.MoveInterviewResponse:
    """Moves an interview that is to come, and sends the subject a new invitation.

    Raises WrongState if none is to come, and InvalidInput for a time that is not possible.
    """
    case = await of_bureau(change, request.escalation_id)
    step = await _to_come(change, case)
    at = request.at.ToDatetime(change.at.tzinfo)
    latest = await latest_review_of(change.session, case.bureau, change.today)
    if faults := moment_faults(change, at, "at", latest):
        raise InvalidInput(faults=faults)
    before = snapshot(case)
    step.meets_at, step.place, step.moved = at, request.place.strip() or step.place, True
    step.archive_cite = step.archive_cite or noted_by(case, change.today)
    step.answer, step.asked_for, step.answer_reasons, step.answered_at = "", None, "", None
    await issue_document(change, case, step, await subject_of(change, case))
    change.session.add(step)
    await save(change, case, "move_interview", before, ground_of(change, case, Step.INTERVIEW))
    return pb.MoveInterviewResponse(escalation=wire_escalations.case(case))


async def _to_come(change: Change, case: Escalation) -> EscalationStep:
    step = await latest_step(change, case, (StepState.APPOINTED,))
    if step is None or step.meets_at is None or step.meets_at <= change.at:
        raise WrongState("没有尚未举行的约谈", "No interview is to come", cite=CITE)
    return step


def _asked_for(change: Change, request: pb.AnswerInvitationRequest, latest: date) -> date | None:
    """The day for which the subject asks, at the latest `latest`; None if it comes."""
    if request.answer == ATTEND:
        return None
    day = validation.day(request.asked_for, "asked_for")
    faults = list[Fault]()
    if day is None or not change.today < day <= latest:
        zh, en = f"应为今日之后的一日，最迟 {latest}", f"must be after today, at latest {latest}"
        faults.append(Fault("asked_for", zh, en))
    if not request.reasons.strip():
        faults.append(Fault("reasons", "请求改期须写明理由", "another day needs reasons"))
    if faults:
        raise InvalidInput(faults=faults)
    return day


async def _tell_bureau(change: Change, case: Escalation, step: EscalationStep) -> None:
    bureau = await change.session.get(Bureau, case.bureau)
    if bureau is None or step.meets_at is None:
        return
    subject = await subject_of(change, case)
    about = (step.meets_at, step.answer, step.asked_for, step.answer_reasons)
    text = answered(subject.name, *about)
    key = f"invitation/{case.escalation_id}/{case.version}"
    matter = Matter(f"escalation/{case.escalation_id}")
    await issue(change, NoticeKind.APPROVALS, key, bureau, case.bureau, text, matter)

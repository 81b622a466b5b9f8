"""The steps of an escalation case, decided by a person.

See S4 四(二) and S1 12(二), 19. Every function is one transaction. The person who approves a step
belongs to the subject's bureau and has the role that the ladder names for the step. No document is
sent before the approval.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import cast
from uuid import uuid4

from sqlmodel import col, select

from law.disclosure.rule import Audience, Field, visible
from law.errors import Fault, InvalidInput, NotFound, NotPermitted, WrongState
from law.escalation import (
    Rung,
    Step,
    archive_cite,
    due_on,
    exposure_rules,
    following,
    latest_review,
    review_on,
    rung,
)
from law.evidence import SubjectKind
from law.periods import local_day
from law.terms.workdays import edition, nth_working_day
from plumbing import validation
from plumbing.change import Change
from plumbing.identity import Role
from plumbing.papers.check_code import new_check_code
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import escalations_pb2 as pb
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.escalation import drafts, texts
from services.alerts.escalation import wire as wire_escalations
from services.alerts.escalation.cases import CITE, UNDECIDED, save, snapshot
from services.alerts.escalation.documents import corrected_by, facts_of, last_day, text_of
from services.alerts.notices.issue import Matter, issue
from services.alerts.tables import (
    DocumentNumber,
    Escalation,
    EscalationDraft,
    EscalationState,
    EscalationStep,
    NoticeKind,
    StepState,
    Subject,
)

HELD = "held"


async def approve(
    change: Change, request: pb.ApproveStepRequest, *, grade: Grade | None
) -> pb.ApproveStepResponse:
    """Approves the proposed step of a case and carries it out.

    `grade` is the subject's grade, needed only if an interview is to be recorded in the archive.
    Raises InvalidInput with every fault, NotPermitted for a caller of another bureau or without the
    approver's role, and WrongState if the step is not proposed.
    """
    case, step = await _to_decide(change, request.escalation_id, request.step)
    subject = await _subject(change, case)
    draft = (await drafts.newest(change.session, [step.step_id])).get(step.step_id)
    seen = request.draft_version if request.HasField("draft_version") else None
    drafts.require_seen(draft, seen)
    before = snapshot(case)
    step.decided_at, step.decided_by = change.at, change.on_behalf_of
    if step.step is Step.INTERVIEW:
        _appoint(change, step, request, grade)
    if step.step is Step.EXPOSURE:
        _check_publication(subject, request, change.today)
    await _issue(change, case, step, subject, draft, list(request.publication.media))
    if step.step is Step.INTERVIEW:
        step.state, case.state = StepState.APPOINTED, EscalationState.APPOINTED
        case.waits_from, case.due_on = None, None
    else:
        step.state = StepState.CARRIED_OUT
        _advance(change, case, SubjectKind(subject.kind))
        _wait_for_correction(case, draft)
    await save(change, case, f"approve_{step.step}", before, rung(step.step, change.today).cite)
    return pb.ApproveStepResponse(escalation=wire_escalations.case(case))


async def alter(change: Change, request: pb.AlterStepRequest) -> pb.AlterStepResponse:
    """Stores a new version of the proposed step's document; nothing is sent.

    Raises WrongState if the step is not proposed or there is another version than the one seen, and
    InvalidInput if the text lacks what the document must name or its last day is not possible.
    """
    case = await _of_bureau(change, request.escalation_id)
    step, subject = await _proposed(change, case, request.step), await _subject(change, case)
    former = (await drafts.newest(change.session, [step.step_id])).get(step.step_id)
    drafts.require_version(former, request.draft_version)
    text, asked = request.draft_text.strip(), validation.day(request.correct_by, "correct_by")
    drafts.require_possible(step.step, asked, change.today)
    facts = await facts_of(change.session, case, subject, change.today, "")
    day = asked or corrected_by(step.step, SubjectKind(subject.kind), change.today)
    if text:
        drafts.require_complete(step.step, text, day, facts)
    draft = EscalationDraft(
        step_id=cast("int", step.step_id),  # which a stored step has
        version=drafts.version_of(former) + 1,
        text=text,
        correct_by=day if text else asked,
        instruments=facts.serials,
        altered_by=change.on_behalf_of,
        altered_at=change.at,
    )
    change.session.add(draft)
    change.audit(
        "alter_step",
        f"escalation/{case.escalation_id}",
        before=former.model_dump(mode="json") if former else None,
        after=draft.model_dump(mode="json"),
        ground=rung(step.step, change.today).cite,
    )
    return pb.AlterStepResponse(escalation=wire_escalations.case(case), draft_version=draft.version)


async def decline(change: Change, request: pb.DeclineStepRequest) -> pb.DeclineStepResponse:
    """Declines the proposed step of a case, with reasons.

    The same step is proposed again on the day of review; no harsher step is proposed before this
    step is taken.
    """
    case, step = await _to_decide(change, request.escalation_id, request.step)
    before = snapshot(case)
    step.state, step.reasons = StepState.DECLINED, _stripped("reasons", request.reasons)
    _put_off(change, case, step, request.review_on)
    await save(change, case, "decline_step", before, rung(step.step, change.today).cite)
    return pb.DeclineStepResponse(escalation=wire_escalations.case(case))


async def defer(change: Change, request: pb.DeferStepRequest) -> pb.DeferStepResponse:
    """Defers the proposed step of a case to a day of review.

    The step may still be approved before that day.
    """
    case, step = await _to_decide(change, request.escalation_id, request.step)
    before = snapshot(case)
    step.state = StepState.DEFERRED
    _put_off(change, case, step, request.review_on)
    await save(change, case, "defer_step", before, rung(step.step, change.today).cite)
    return pb.DeferStepResponse(escalation=wire_escalations.case(case))


async def record_interview(
    change: Change, request: pb.RecordInterviewRequest
) -> pb.RecordInterviewResponse:
    """Records the outcome and the minutes of an interview; the case then waits for its next step.

    An interview that was held is also entered in the register, if its approval included this
    (R-131). Raises WrongState if no interview is appointed or its time has not come.
    """
    case = await _of_bureau(change, request.escalation_id)
    step = await _latest(change, case, (StepState.APPOINTED,))
    if step is None or step.meets_at is None:
        raise WrongState("没有已约定的约谈", "No interview is appointed", cite=CITE)
    if change.at < step.meets_at:
        raise WrongState("约谈时间未到", "The interview is still to come", cite=CITE)
    before = snapshot(case)
    step.outcome, step.minutes = request.outcome, _stripped("minutes", request.minutes)
    step.recorded_by, step.state = change.on_behalf_of, StepState.CARRIED_OUT
    case.to_note = request.outcome == HELD and bool(step.archive_cite)
    _advance(change, case, SubjectKind((await _subject(change, case)).kind))
    await save(change, case, "record_interview", before, rung(Step.INTERVIEW, change.today).cite)
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


async def locked(change: Change, escalation_id: str) -> Escalation:
    """Returns an escalation case, locked until the change commits.

    Raises NotFound if no such case exists.
    """
    case = await find_by_id(change.session, Escalation, escalation_id, lock=True)
    if case is None:
        raise NotFound("没有这个督促案件", "There is no such case", escalation=escalation_id)
    return case


async def _of_bureau(change: Change, escalation_id: str) -> Escalation:
    case = await locked(change, escalation_id)
    change.caller.require_bureau(case.bureau)
    return case


async def _to_decide(
    change: Change, escalation_id: str, step: str
) -> tuple[Escalation, EscalationStep]:
    """The case and its proposed step, which this caller may decide."""
    case = await _of_bureau(change, escalation_id)
    _require_role(change, rung(Step(step), change.today))
    return case, await _proposed(change, case, step)


async def _proposed(change: Change, case: Escalation, step: str) -> EscalationStep:
    proposed = await undecided(change, case) if case.step == step else None
    if proposed is None:
        raise WrongState(
            "该步骤没有待批准的提议", "That step is not proposed", state=case.state, step=case.step
        )
    return proposed


def _require_role(change: Change, step: Rung) -> None:
    if not change.caller.has(Role(step.approver)):
        approver = "单位负责人" if step.approver == Role.UNIT_HEAD else "经办人"
        raise NotPermitted(
            f"{step.name_zh}由{approver}批准",
            f"The {step.name_en} is approved by a {step.approver}",
            cite=step.cite,
        )


async def undecided(change: Change, case: Escalation) -> EscalationStep | None:
    """Returns the step of a case that waits for a decision, if one does."""
    return await _latest(change, case, UNDECIDED)


async def _latest(
    change: Change, case: Escalation, states: tuple[StepState, ...]
) -> EscalationStep | None:
    query = select(EscalationStep).where(
        col(EscalationStep.escalation_id) == case.escalation_id,
        col(EscalationStep.step) == case.step,
        col(EscalationStep.state).in_(states),
    )
    return (await change.session.exec(query)).first()


async def _subject(change: Change, case: Escalation) -> Subject:
    subject = await change.session.get(Subject, case.subject_id)
    if subject is None:
        raise WrongState("该主体的登记信息尚未到达", "The subject is not known here yet")
    return subject


def _appoint(
    change: Change, step: EscalationStep, request: pb.ApproveStepRequest, grade: Grade | None
) -> None:
    """Stores the appointment (S4 四(二)); recorded only where a text says so (R-131, C-07)."""
    appointment, faults = request.appointment, list[Fault]()
    if not request.HasField("appointment"):
        zh, en = "须写明约谈的时间、地点和参加人员", "When, where and with whom is required"
        raise InvalidInput(faults=[Fault("appointment", zh, en)])
    step.meets_at = appointment.at.ToDatetime(change.at.tzinfo)
    step.place, step.attendees = appointment.place.strip(), appointment.attendees.strip()
    faults += _moment_faults(change, step.meets_at)
    if appointment.note_in_archive:
        cite = archive_cite(grade.ruleset_id, grade.grade, change.today) if grade else ""
        step.archive_cite = cite
        if not cite:
            zh = "适用于该主体的文本没有规定约谈记入档案"
            en = "The text that governs the subject does not say that it is noted"
            faults.append(Fault("appointment.note_in_archive", zh, en, cite="S3 24(三)"))
    if faults:
        raise InvalidInput(faults=faults)


def _moment_faults(change: Change, at: datetime) -> list[Fault]:
    latest = latest_review(change.today, edition())
    if change.at < at and local_day(at) <= latest:
        return []
    zh, en = f"约谈时间须在将来，最迟 {latest}", f"must be to come, at the latest on {latest}"
    return [Fault("appointment.at", zh, en)]


def _stripped(field: str, text: str) -> str:
    if not text.strip():
        raise InvalidInput(faults=[Fault(field, "须写明", "must say something")])
    return text.strip()


def _check_publication(subject: Subject, request: pb.ApproveStepRequest, on: date) -> None:
    """Refuses to publish what is unverified, unreviewed, or about a natural person (S1 18, 19)."""
    for field in (Field.NAME, Field.INSTRUMENT, Field.VERIFICATION):
        answer = visible(field, SubjectKind(subject.kind), Audience.PUBLIC, on)
        if not answer.allowed:
            raise NotPermitted(answer.zh, answer.en, cite=answer.cite)
    rules, publication = exposure_rules(on), request.publication
    conditions = (
        (publication.facts_verified, "facts_verified", "事实须经核实", rules.verified_cite),
        (publication.confidentiality_reviewed, "confidentiality_reviewed", "须经保密审查",
         rules.reviewed_cite),
        (rules.media.keys() >= set(publication.media) != set(), "media",
         f"公开方式应为{'、'.join(rules.media)}", rules.verified_cite),
    )  # fmt: skip
    faults = [
        Fault(f"publication.{field}", zh, f"{field} is required", cite=cite)
        for met, field, zh, cite in conditions
        if not met
    ]
    if faults:
        raise InvalidInput(faults=faults)


async def _issue(
    change: Change,
    case: Escalation,
    step: EscalationStep,
    subject: Subject,
    draft: EscalationDraft | None,
    media: list[str],
) -> None:
    """Issues the document of a step, as a person altered it: a numbered notice to the subject."""
    kind = SubjectKind(subject.kind)
    step.number = await _next_number(change, case, step.step)
    facts = await facts_of(change.session, case, subject, change.today, step.number)
    if step.step is Step.EXPOSURE:
        step.statement, step.media = texts.statement(facts), media
    drafts.require_current(draft, facts)
    step.correct_by = last_day(step.step, facts, kind, draft)
    if (text := text_of(step, facts, kind, draft)) is None:
        raise AssertionError("An interview is appointed before its document is made")
    key = f"escalation/{case.escalation_id}/{step.step_id}"
    about = f"escalation/{case.escalation_id}"
    matter = Matter(about, str(uuid4()), step.number, new_check_code())
    notice = await issue(change, NoticeKind.ESCALATION, key, subject, case.bureau, text, matter)
    step.notice_id = notice.notice_id if notice else ""


async def _next_number(change: Change, case: Escalation, step: Step) -> str:
    year = change.today.year
    key = (case.bureau, step, year)
    row = await change.session.get(DocumentNumber, key, with_for_update=True)
    row = row or DocumentNumber(bureau=case.bureau, step=step, year=year, last=0)
    row.last += 1
    change.session.add(row)
    return f"{rung(step, change.today).name_zh}〔{year}〕{case.bureau}-{row.last:04d}号"


def _advance(change: Change, case: Escalation, kind: SubjectKind) -> None:
    """Makes the case wait for the next step, or marks its steps as exhausted."""
    after = following(case.step, kind, change.today)
    if after is None:
        case.state, case.waits_from, case.due_on = EscalationState.EXHAUSTED, None, None
        return
    case.state, case.step, case.waits_from = EscalationState.WAITING, after.step, change.today
    case.due_on = due_on(after, change.today, edition()).date


def _wait_for_correction(case: Escalation, draft: EscalationDraft | None) -> None:
    """Puts off the next step until the last day to correct, as a person set it, is over."""
    day = draft.correct_by if draft else None
    if day is not None and case.due_on is not None and case.due_on <= day:
        case.waits_from, case.due_on = None, nth_working_day(day, 1, edition()).date


def _put_off(change: Change, case: Escalation, step: EscalationStep, requested: str) -> None:
    step.decided_at, step.decided_by = change.at, change.on_behalf_of
    day = validation.day(requested, "review_on")
    step.review_on = review_on(day, change.today, edition())
    case.state, case.waits_from, case.due_on = EscalationState.WAITING, None, step.review_on

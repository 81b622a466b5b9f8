"""The steps of an escalation case, decided by a person.

See S4 四(二) and S1 12(二). Every function is one transaction. The person who approves a step
belongs to the subject's bureau and has the role that the ladder names for the step. No document is
sent before the approval. An exposure is declined or deferred here, and carried out by the release
of an exposure list (ADR 0055).
"""

from __future__ import annotations

from typing import cast

from law.courses import course, rung_of
from law.errors import NotPermitted, WrongState
from law.escalation import Rung, Step
from law.evidence import SubjectKind
from plumbing import validation
from plumbing.change import Change
from plumbing.identity import Role
from protos.alerts.v1 import escalations_pb2 as pb
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.escalation import drafts
from services.alerts.escalation import wire as wire_escalations
from services.alerts.escalation.documents import (
    corrected_by,
    facts_of,
    text_of,
)
from services.alerts.escalation.filing import save, snapshot
from services.alerts.escalation.holding import require_uncontested
from services.alerts.escalation.interviews import appoint
from services.alerts.escalation.issuing import issue_document
from services.alerts.escalation.steps import (
    advance,
    ground_of,
    of_bureau,
    proposed_step,
    put_off,
    require_watched,
    stripped,
    subject_of,
    wait_until,
)
from services.alerts.ladders.own import latest_review_of
from services.alerts.tables import (
    Escalation,
    EscalationDraft,
    EscalationState,
    EscalationStep,
    StepState,
    Subject,
)


async def approve(
    change: Change, request: pb.ApproveStepRequest, *, grade: Grade | None
) -> pb.ApproveStepResponse:
    """Approves the proposed step of a case and carries it out.

    `grade` is the subject's grade, needed only if the request asks to record an interview in the
    archive.
    Raises InvalidInput with every fault, NotPermitted for a caller of another bureau or without the
    approver's role, and WrongState if the step is not proposed, its document is another than the
    one seen, or it is an exposure, which the release of a list carries out.
    """
    case, step = await _to_decide(change, request.escalation_id, request.step)
    _require_no_exposure(change, case, step)
    await require_uncontested(change.session, case)
    subject = await subject_of(change, case)
    require_watched(subject)
    draft = await _seen_draft(change, case, step, subject, request)
    before = snapshot(case)
    step.decided_at, step.decided_by = change.at, change.on_behalf_of
    if step.step is Step.INTERVIEW:
        latest = await latest_review_of(change.session, case.bureau, change.today)
        appoint(change, case, step, request, grade, latest)
    await issue_document(change, case, step, subject, draft)
    if step.step is Step.INTERVIEW:
        step.state, case.state = StepState.APPOINTED, EscalationState.APPOINTED
        case.waits_from, case.due_on = None, None
    else:
        step.state = StepState.CARRIED_OUT
        await advance(change, case, SubjectKind(subject.kind))
        wait_until(case, draft.correct_by if draft else None)
    await save(
        change,
        case,
        f"approve_{step.step}",
        before,
        ground_of(change, case, step.step),
    )
    return pb.ApproveStepResponse(escalation=wire_escalations.case(case))


async def _seen_draft(
    change: Change,
    case: Escalation,
    step: EscalationStep,
    subject: Subject,
    request: pb.ApproveStepRequest,
) -> EscalationDraft | None:
    """The altered draft of a step, if there is one; the document is as the approver has seen it."""
    draft = (await drafts.newest(change.session, [step.step_id])).get(step.step_id)
    seen = request.draft_version if request.HasField("draft_version") else None
    drafts.require_seen(draft, seen)
    if request.draft_sha256:
        facts = await facts_of(change.session, case, subject, change.today, "")
        text = text_of(step, facts, SubjectKind(subject.kind), draft)
        drafts.require_same(text, request.draft_sha256)
    return draft


async def alter(change: Change, request: pb.AlterStepRequest) -> pb.AlterStepResponse:
    """Stores a new version of the proposed step's document; nothing is sent.

    Raises WrongState if the step is not proposed or there is another version than the one seen, and
    InvalidInput if the text lacks what the document must name or its last day is not possible.
    """
    case = await of_bureau(change, request.escalation_id)
    step, subject = await proposed_step(change, case, request.step), await subject_of(change, case)
    former = (await drafts.newest(change.session, [step.step_id])).get(step.step_id)
    drafts.require_version(former, request.draft_version)
    text, asked = request.draft_text.strip(), validation.day(request.correct_by, "correct_by")
    latest = await latest_review_of(change.session, case.bureau, change.today)
    drafts.require_possible(step.step, asked, change.today, latest)
    facts = await facts_of(change.session, case, subject, change.today, "")
    day = asked or corrected_by(facts, step.step, SubjectKind(subject.kind))
    if text:
        drafts.require_complete(step.step, text, day, facts)
    draft = EscalationDraft(
        step_id=cast("int", step.step_id),  # which a stored step has
        version=drafts.version_of(former) + 1,
        text=text,
        correct_by=day if text else asked,
        instruments=facts.serials,
        receipt_id=facts.receipt_id,
        altered_by=change.on_behalf_of,
        altered_at=change.at,
    )
    change.session.add(draft)
    change.audit(
        "alter_step",
        f"escalation/{case.escalation_id}",
        before=former.model_dump(mode="json") if former else None,
        after=draft.model_dump(mode="json"),
        ground=ground_of(change, case, step.step),
    )
    return pb.AlterStepResponse(escalation=wire_escalations.case(case), draft_version=draft.version)


async def decline(change: Change, request: pb.DeclineStepRequest) -> pb.DeclineStepResponse:
    """Declines the proposed step of a case, with reasons.

    The same step is proposed again on the day of review; no harsher step is proposed before this
    step is taken.
    """
    case, step = await _to_decide(change, request.escalation_id, request.step)
    before = snapshot(case)
    step.state, step.reasons = StepState.DECLINED, stripped("reasons", request.reasons)
    await put_off(change, case, step, request.review_on)
    await save(change, case, "decline_step", before, ground_of(change, case, step.step))
    return pb.DeclineStepResponse(escalation=wire_escalations.case(case))


async def defer(change: Change, request: pb.DeferStepRequest) -> pb.DeferStepResponse:
    """Defers the proposed step of a case to a day of review.

    The step may still be approved before that day.
    """
    case, step = await _to_decide(change, request.escalation_id, request.step)
    before = snapshot(case)
    step.state = StepState.DEFERRED
    await put_off(change, case, step, request.review_on)
    await save(change, case, "defer_step", before, ground_of(change, case, step.step))
    return pb.DeferStepResponse(escalation=wire_escalations.case(case))


async def _to_decide(
    change: Change, escalation_id: str, step: str
) -> tuple[Escalation, EscalationStep]:
    """The case and its proposed step, which this caller may decide."""
    case = await of_bureau(change, escalation_id)
    _require_role(change, rung_of(case.course, Step(step), change.today))
    _require_another(change, case)
    return case, await proposed_step(change, case, step)


def _require_role(change: Change, step: Rung) -> None:
    if not change.caller.has(Role(step.approver)):
        approver = "单位负责人" if step.approver == Role.UNIT_HEAD else "办案人员"
        raise NotPermitted(
            f"{step.name_zh}由{approver}批准",
            f"The {step.name_en} is approved by a {step.approver}",
            cite=step.cite,
        )


def _require_another(change: Change, case: Escalation) -> None:
    """Refuses whoever opened the case by stating its facts, where another decides on its steps."""
    opened = course(case.course, change.today)
    if opened.by_another and change.on_behalf_of == case.opened_by:
        zh = "这件督促由您开始，步骤由其他办案人员批准"
        en = "You opened this case; another caseworker decides on its steps"
        raise NotPermitted(zh, en, cite="S1 20; D-16")


def _require_no_exposure(change: Change, case: Escalation, step: EscalationStep) -> None:
    """Refuses to make anything public by the decision of one person (S1 18, 19; D-16)."""
    if step.step is Step.EXPOSURE:
        zh = "曝光只由曝光名单公开，一个主体也一样：一人编制，另一人保密审查，单位负责人批准公开"
        en = (
            "Only an exposure list makes anything public, even of a single subject: one person"
            " compiles it, another reviews it, and the unit head releases it"
        )
        raise WrongState(zh, en, cite=f"{ground_of(change, case, step.step)}; S1 18; S1 19")

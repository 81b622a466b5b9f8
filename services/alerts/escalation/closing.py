"""Closes escalation cases, and tells the subject of the end where it was told of the matter."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqlmodel import col, select

from law.courses import RED_ALERT, course_names
from plumbing.change import Change
from services.alerts.escalation import matter_texts
from services.alerts.escalation.filing import save, snapshot
from services.alerts.escalation.red_alerts import red_lines
from services.alerts.escalation.texts import RedLine, closed
from services.alerts.notices import english
from services.alerts.notices.issue import Matter, contact_of, issue
from services.alerts.tables import (
    Escalation,
    EscalationState,
    EscalationStep,
    NoticeKind,
    StepState,
    Subject,
)

UNDECIDED = (StepState.PROPOSED, StepState.DEFERRED)
PENDING = (*UNDECIDED, StepState.APPOINTED)


async def close(change: Change, case: Escalation, ground: str, reasons: str = "") -> None:
    """Closes a case at any step; a step that waits for approval or an interview becomes void.

    `ground` is the article by which it ends, and `reasons` are those of the person who ends it.
    """
    lines = await red_lines(change.session, case)
    pending = select(EscalationStep).where(
        col(EscalationStep.escalation_id) == case.escalation_id,
        col(EscalationStep.state).in_(PENDING),
    )
    steps = (await change.session.exec(pending)).all()
    appointed = any(step.state is StepState.APPOINTED for step in steps)
    for step in steps:
        step.state = StepState.VOID
    before = snapshot(case)
    case.state, case.closed_at, case.close_reasons = EscalationState.CLOSED, change.at, reasons
    case.waits_from, case.due_on = None, None
    await save(change, case, "close_escalation", before, ground)
    await _tell(change, case, lines, interview_cancelled=appointed)


async def _tell(
    change: Change, case: Escalation, lines: Sequence[RedLine], *, interview_cancelled: bool
) -> None:
    subject = await change.session.get(Subject, case.subject_id)
    # A deregistered subject is told of the deregistration itself.
    if subject is None or subject.unwatched or not await _was_told(change, case, lines):
        return
    contact = await contact_of(change.session, case.bureau)
    if case.course == RED_ALERT:
        about = (subject.name, change.today, lines, contact)
        text = closed(*about, interview_cancelled=interview_cancelled)
        in_english = partial(english.closed, *about, interview_cancelled=interview_cancelled)
    else:
        names = course_names()[case.course]
        of = (subject.name, names, case.close_reasons, contact)
        text = matter_texts.closed(*of, interview_cancelled=interview_cancelled)
        in_english = partial(
            matter_texts.closed_in_english, *of, interview_cancelled=interview_cancelled
        )
    key = f"escalation/{case.escalation_id}/closed"
    matter, kind = Matter(f"escalation/{case.escalation_id}"), NoticeKind.ESCALATION
    await issue(change, kind, key, subject, case.bureau, text, matter, in_english=in_english)


async def _was_told(change: Change, case: Escalation, lines: Sequence[RedLine]) -> bool:
    """Whether the subject got a notice of what the case is about."""
    if case.course == RED_ALERT:
        return any(line.notified for line in lines)
    documents = select(EscalationStep.step_id).where(
        col(EscalationStep.escalation_id) == case.escalation_id,
        col(EscalationStep.notice_id) != "",
    )
    return (await change.session.exec(documents.limit(1))).first() is not None

"""The daily digest to a bureau: the escalation steps and the papers that wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.periods import local_day, start_of
from plumbing.change import Change
from services.alerts.escalation import first_grades
from services.alerts.escalation.texts import PendingStep, approval_digest
from services.alerts.notices.issue import issue
from services.alerts.tables import (
    Bureau,
    Escalation,
    EscalationStep,
    Notice,
    NoticeKind,
    StepState,
    Subject,
)
from services.alerts.untold import standing
from services.alerts.waiting_papers import waiting_papers

StepAndName = tuple[EscalationStep, str | None]  # the name is the subject's


async def issue_approval_digest(change: Change, bureau: str, on: date) -> list[Notice]:
    """Issues the digest of a bureau's waiting escalation steps; returns the notice in a list.

    The digest is dated `on` and lists every proposed step, and every interview of an earlier day
    without an outcome; and each day until somebody acts, the red alerts and the grades of first
    loads made before that day, and the exposure lists and circulars that wait. Returns an empty
    list if there are none of these and an earlier digest named each step, or if the bureau already
    has a digest for this day.
    """
    rows = await _pending_steps(change.session, bureau, on)
    untold = await standing(change.session, bureau=bureau, before=on)
    grades = await first_grades.standing(change.session, on, bureau=bureau, before=on)
    office = await change.session.get(Bureau, bureau)
    papers = await waiting_papers(change.session, bureau)
    each_day = untold.alerts or grades.grades or papers
    if office is None or (all(step.told for step, _ in rows) and not each_day):
        return []
    pending = [_pending(step, name or "") for step, name in rows]
    counted = ((untold.alerts, untold.since), (grades.grades, grades.since))
    text = approval_digest(on, pending, *counted, papers=papers)
    key = f"approvals/{bureau}/{on}"
    notice = await issue(change, NoticeKind.APPROVALS, key, office, bureau, text)
    if notice is None:
        return []
    for step, _ in rows:
        step.told = True
    return [notice]


async def _pending_steps(session: AsyncSession, bureau: str, on: date) -> Sequence[StepAndName]:
    past = (col(EscalationStep.state) == StepState.APPOINTED) & (
        col(EscalationStep.meets_at) < start_of(on)
    )
    rows = await session.exec(
        select(EscalationStep, Subject.name)
        .join(Escalation, col(Escalation.escalation_id) == col(EscalationStep.escalation_id))
        .join(Subject, col(Subject.subject_id) == col(Escalation.subject_id), isouter=True)
        .where(
            col(Escalation.bureau) == bureau,
            (col(EscalationStep.state) == StepState.PROPOSED) | past,
        )
        .order_by(col(EscalationStep.proposed_at), col(EscalationStep.step_id))
    )
    return rows.all()


def _pending(step: EscalationStep, name: str) -> PendingStep:
    past = step.state is StepState.APPOINTED
    since = step.meets_at if past and step.meets_at else step.proposed_at
    return PendingStep(name, step.step, local_day(since), past)

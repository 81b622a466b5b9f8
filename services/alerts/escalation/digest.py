"""What waits for somebody of a bureau: told in one digest a day, never in a mail each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.periods import local_day, start_of
from plumbing.change import Change
from services.alerts.escalation import texts as escalation_texts
from services.alerts.escalation.texts import Waiting
from services.alerts.notices import issue as notices
from services.alerts.tables import (
    Bureau,
    Escalation,
    EscalationStep,
    Notice,
    NoticeKind,
    StepState,
    Subject,
)

Row = tuple[EscalationStep, str | None]


async def issue_approvals(change: Change, bureau: str, on: date) -> list[Notice]:
    """One digest for a bureau in which something waits of which it was not told yet.

    It names all that waits: proposals, and interviews of an earlier day without an outcome.
    """
    rows = await _waiting(change.session, bureau, on)
    office = await change.session.get(Bureau, bureau)
    if office is None or all(step.told for step, _ in rows):
        return []
    text = escalation_texts.approvals(on, [_line(step, name or "") for step, name in rows])
    key = f"approvals/{bureau}/{on}"
    notice = await notices.issue(change, NoticeKind.APPROVALS, key, office, bureau, text)
    if notice is None:
        return []
    for step, _ in rows:
        step.told = True
    return [notice]


async def _waiting(session: AsyncSession, bureau: str, on: date) -> Sequence[Row]:
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


def _line(step: EscalationStep, name: str) -> Waiting:
    past = step.state is StepState.APPOINTED
    since = step.meets_at if past and step.meets_at else step.proposed_at
    return Waiting(name, step.escalation_id, step.step, local_day(since), past)

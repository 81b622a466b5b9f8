"""What the follow-up of a subject says against listing it, and the list that a follow-up leads to.

A list may come before the milder steps of a follow-up, since the texts provide both and no order
(C-41). But a person's decision on this very subject goes before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.escalation import Step
from services.alerts.exposure_lists.tables import STANDING, ExposureEntry
from services.alerts.tables import Escalation, EscalationStep, StepState

_PUT_OFF = {
    StepState.DECLINED: ("单位负责人没有批准曝光", "the unit head declined its exposure"),
    StepState.DEFERRED: ("曝光已经暂缓", "its exposure was deferred"),
}
Said = tuple[str, str]


async def said_against(
    session: AsyncSession, case_ids: Collection[str], on: date
) -> Mapping[str, list[Said]]:
    """Returns what speaks against listing the subject of each case, in Chinese and English.

    That is an exposure declined or deferred until a later day, and an undertaking of which the last
    day is not over.
    """
    rows = select(EscalationStep).where(col(EscalationStep.escalation_id).in_(case_ids))
    exposures: dict[str, EscalationStep] = {}
    found: dict[str, list[Said]] = {case_id: [] for case_id in case_ids}
    for step in await session.exec(rows.order_by(col(EscalationStep.step_id))):
        if step.step is Step.EXPOSURE:
            exposures[step.escalation_id] = step
        until = step.undertaking_by
        if until is not None and until >= on and not step.undertaking_outcome:
            zh, en = f"约谈时承诺的期限到 {until}", f"its undertaking runs until {until}"
            found[step.escalation_id].append((zh, en))
    for case_id, step in exposures.items():
        if step.state in _PUT_OFF:
            zh, en = _PUT_OFF[step.state]
            until = step.review_on
            found[case_id].append((f"{zh}，{until} 再议", f"{en}, until {until}"))
    return found


async def standing_for(session: AsyncSession, case: Escalation) -> str:
    """Returns the list on which the subject of a case stands for its matter; empty if on none."""
    entry = select(ExposureEntry.list_id).where(
        col(ExposureEntry.subject_id) == case.subject_id,
        col(ExposureEntry.course) == case.course,
        sa.text(STANDING),
    )
    return (await session.exec(entry)).first() or ""

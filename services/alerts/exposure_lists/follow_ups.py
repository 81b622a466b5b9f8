"""What the follow-up of a subject says against listing it, and a list against its follow-up.

A list may come before the milder steps of a follow-up, since the texts provide both and no order
(C-41). But one publication is enough, and a person's decision on this very subject goes before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import WrongState
from law.escalation import Step, rung
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

    That is an exposure of its own that is public, one declined or deferred until a later day, and
    an undertaking of which the last day is not over.
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
        found[case_id] += _of_exposure(step)
    return found


def _of_exposure(step: EscalationStep) -> list[Said]:
    """What the latest exposure of a case by itself says against a list; a list has no text here."""
    if step.state is StepState.CARRIED_OUT and step.statement:
        number = step.number
        return [(f"已经单独曝光（{number}）", f"is exposed by itself already ({number})")]
    if step.state in _PUT_OFF:
        zh, en = _PUT_OFF[step.state]
        return [(f"{zh}，{step.review_on} 再议", f"{en}, until {step.review_on}")]
    return []


async def require_unlisted(session: AsyncSession, case: Escalation, on: date) -> None:
    """Raises WrongState if the subject of a case stands on a list for the same matter."""
    entry = select(ExposureEntry).where(
        col(ExposureEntry.subject_id) == case.subject_id,
        col(ExposureEntry.course) == case.course,
        sa.text(STANDING),
    )
    if (await session.exec(entry)).first() is not None:
        zh = "该主体已因同一事由列入曝光名单，由名单公开；要单独曝光的，先从名单撤下"
        en = "The subject stands on an exposure list for the same matter; take it down there first"
        raise WrongState(zh, en, cite=rung(Step.EXPOSURE, on).cite)

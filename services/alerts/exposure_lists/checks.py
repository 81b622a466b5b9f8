"""The check and the repair of exposure lists for `quanheng check` and `quanheng reconcile`."""

from __future__ import annotations

from datetime import date

from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Changes
from plumbing.chunks import chunks
from plumbing.identity import service_caller
from plumbing.service import Findings
from services.alerts.escalation.filing import IDS_PER_QUERY
from services.alerts.exposure_lists.carrying_over import single_exposures
from services.alerts.exposure_lists.endings import all_standing, over, settle


async def report_over(session: AsyncSession, findings: Findings, on: date) -> None:
    """Reports every entry that stands on a list although its ground is over.

    Also reports the exposures of before ADR 0055 that no list has yet.
    """
    for _, case in (await session.exec(single_exposures())).all():
        zh = "单独的曝光还没有转入曝光名单，因此没有公开；评级服务恢复后自动转入"
        en = "A single exposure is not on a list yet, so not public; it is once grading answers"
        findings.differ("exposure.not_carried_over", f"escalation/{case.escalation_id}", zh, en)
    for standing in chunks(await all_standing(session), IDS_PER_QUERY):
        for entry, _ in await over(session, standing, on):
            zh = "曝光名单中一项的事由已经消失而没有撤下，请执行 quanheng reconcile"
            en = "The ground of an entry of an exposure list is over, and it stands"
            findings.differ("exposure.ground_over", f"exposure-list/{entry.list_id}", zh, en)


async def end_over(changes: Changes) -> None:
    """Takes down every entry whose ground is over."""
    async with changes.change(service_caller("alerts")) as change:
        standing = await all_standing(change.session)
        await settle(change, {entry.subject_id for entry in standing})

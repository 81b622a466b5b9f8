"""Removes old notices of daily work; what proves that somebody was told stays.

The alerts that a digest named are kept themselves, and so are letters and the notices of adverse
records, fallen grades and rejected instruments, whatever their age.
"""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Changes
from plumbing.identity import service_caller
from plumbing.pruning.portions import PORTION, Paused
from services.alerts.tables import Notice, NoticeAttempt, NoticeKind, NoticeState

OF_DAILY_WORK = (
    NoticeKind.DIGEST,
    NoticeKind.RESULT,
    NoticeKind.CALIBRATION,
    NoticeKind.ENDING,
    NoticeKind.UPKEEP,
    NoticeKind.TERM,
    NoticeKind.APPROVALS,
    NoticeKind.GIVEN_UP,
    NoticeKind.BATCH,
    NoticeKind.CHECKPOINT,
)
_CALLER = service_caller("alerts")


class NoticePruner:
    """Removes notices of daily work that are older than they are `kept`."""

    def __init__(self, changes: Changes, kept: timedelta) -> None:
        self._changes, self._kept = changes, kept

    async def prune(self, paused: Paused) -> dict[str, int]:
        """Removes them, 500 in a transaction with an audit entry; returns how many."""
        total = 0
        while removed := await self._prune_portion():
            total += removed
            await paused()
        return {"notice": total}

    async def _prune_portion(self) -> int:
        async with self._changes.change(_CALLER) as change:
            old = select(Notice).where(
                col(Notice.kind).in_(OF_DAILY_WORK),
                col(Notice.state) != NoticeState.PENDING,
                col(Notice.letter_id) == "",
                col(Notice.created_at) < change.at - self._kept,
            )
            some = old.order_by(col(Notice.created_at)).limit(PORTION).with_for_update()
            notices = (await change.session.exec(some)).all()
            for notice in notices:
                await change.session.delete(notice)
            of_them = col(NoticeAttempt.notice_id).in_([notice.notice_id for notice in notices])
            await (await change.session.connection()).execute(
                sa.delete(NoticeAttempt).where(of_them)
            )
            if notices:
                change.audit("prune_notices", "notices", after={"notices": len(notices)})
        return len(notices)

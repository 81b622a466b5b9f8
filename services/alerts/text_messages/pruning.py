"""Erases mobile numbers that are used no more: each is erased once nothing can go to it.

An operator takes its own number away itself. Beside that, a number whose code was never confirmed
is erased a day later, and the number of a subject that was removed or deregistered at once.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing.change import Change, Changes
from plumbing.identity import service_caller
from plumbing.pruning.portions import PORTION, Paused
from services.alerts.tables import MobileNumber, Subject

# Our own figure, not the law's.
UNCONFIRMED_LASTS = timedelta(days=1)
_CALLER = service_caller("alerts")


class NumberPruner:
    """Erases the numbers that are used no more, and the rows that have none."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes

    async def prune(self, paused: Paused) -> dict[str, int]:
        """Erases them, 500 in a transaction with an audit entry; returns how many rows."""
        total = 0
        while removed := await self._prune_portion():
            total += removed
            await paused()
        return {"mobile_number": total}

    async def _prune_portion(self) -> int:
        async with self._changes.change(_CALLER) as change:
            rows = (await change.session.exec(_unused(change))).all()
            for row, ended in rows:
                await _erase(change, row, ended=bool(ended))
            if rows:
                change.audit("prune_mobile_numbers", "mobile-numbers", after={"numbers": len(rows)})
        return len(rows)


def _unused(change: Change) -> Any:
    ended = sa.func.coalesce(sa.or_(col(Subject.removed), col(Subject.deregistered)), sa.false())
    late = sa.and_(
        col(MobileNumber.asked) != "", col(MobileNumber.code_at) < change.at - UNCONFIRMED_LASTS
    )
    blank = sa.and_(
        col(MobileNumber.number) == "",
        col(MobileNumber.asked) == "",
        # Today's codes are counted in the row.
        sa.or_(col(MobileNumber.codes_on).is_(None), col(MobileNumber.codes_on) < change.today),
    )
    rows = sa.select(MobileNumber, ended)
    joined = rows.outerjoin(Subject, col(Subject.subject_id) == col(MobileNumber.subject_id))
    return (
        joined.where(sa.or_(ended, late, blank))
        .order_by(col(MobileNumber.subject_id))
        .limit(PORTION)
        .with_for_update(of=MobileNumber)
    )


async def _erase(change: Change, row: MobileNumber, *, ended: bool) -> None:
    row.erase_asked()
    if ended or not row.number:
        await change.session.delete(row)

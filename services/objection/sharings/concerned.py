"""The sharings to which the decision of a case matters."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.objection import CaseKind
from law.periods import local_day
from services.objection.effects import effects_of, grade_changed
from services.objection.sharings.tables import SharedRecord, Sharing
from services.objection.sharings.ways import Way
from services.objection.tables import Case


async def sharings_of(session: AsyncSession, case: Case) -> Sequence[Sharing]:
    """Returns the sharings that last of what a case changes, the earliest first.

    A repair matters to whoever was told of its subject by a circular, whatever the grade. Sharings
    of after the case was carried out are left out: their receivers got what it had changed.
    """
    shared = select(SharedRecord.sharing_id).where(
        col(SharedRecord.record_id).in_(list(effects_of(case)))
    )
    concerned: sa.ColumnElement[bool] = col(Sharing.sharing_id).in_(shared)
    if grade_changed(case):
        of_grade = (col(Sharing.subject_id) == case.subject_id) & col(Sharing.with_grade)
        concerned = concerned | of_grade
    if case.kind is CaseKind.REPAIR and effects_of(case):
        told = (col(Sharing.subject_id) == case.subject_id) & (col(Sharing.way) == Way.CIRCULAR)
        concerned = concerned | told
    rows = select(Sharing).where(concerned, col(Sharing.ended_at).is_(None))
    in_order = rows.order_by(
        col(Sharing.shared_on), col(Sharing.entered_at), col(Sharing.sharing_id)
    )
    return [one for one in await session.exec(in_order) if was_before(one, case)]


def was_before(sharing: Sharing, case: Case) -> bool:
    """Returns whether a receiver may have got records as they were before a case was carried out.

    Of a sharing that was entered by hand only the day is known, so one of the same day may.
    """
    if case.settled_at is None:
        return True
    if sharing.way in (Way.PLATFORM, Way.CIRCULAR):
        return sharing.entered_at < case.settled_at
    return sharing.shared_on <= local_day(case.settled_at)

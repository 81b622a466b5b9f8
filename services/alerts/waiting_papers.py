"""Exposure lists and circulars that wait for a person: to be reviewed, released or issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.periods import local_day
from services.alerts.circulars.tables import Circular, CircularState
from services.alerts.exposure_lists.tables import ExposureList, ListState


class Paper(StrEnum):
    """What waits, and for whom: each time for somebody else than whoever acted before."""

    TO_REVIEW = "to_review"  # a list, for the confidentiality review (S1 18)
    TO_RELEASE = "to_release"  # a list, for the unit head (S1 19)
    TO_ISSUE = "to_issue"  # a circular, for a unit head (S1 12(三))


@dataclass(frozen=True)
class WaitingPapers:
    """How many papers of one kind wait, and since when the oldest does."""

    paper: Paper
    number: int
    since: date


_OF_STATE = {ListState.COMPILED: Paper.TO_REVIEW, ListState.REVIEWED: Paper.TO_RELEASE}


async def waiting_papers(session: AsyncSession, bureau: str = "") -> list[WaitingPapers]:
    """Returns what waits, in the order of the steps; of one bureau, or of all."""
    since = sa.func.coalesce(col(ExposureList.reviewed_at), col(ExposureList.compiled_at))
    lists = select(ExposureList.state, sa.func.count(), sa.func.min(since))
    lists = lists.where(col(ExposureList.state).in_(_OF_STATE)).group_by(col(ExposureList.state))
    drafts = select(sa.func.count(), sa.func.min(col(Circular.drafted_at)))
    drafts = drafts.where(col(Circular.state) == CircularState.DRAFTED)
    if bureau:
        lists = lists.where(col(ExposureList.bureau) == bureau)
        drafts = drafts.where(col(Circular.bureau) == bureau)
    rows = {_OF_STATE[ListState(state)]: (n, at) for state, n, at in await session.exec(lists)}
    rows[Paper.TO_ISSUE] = (await session.exec(drafts)).one()
    return [
        WaitingPapers(paper, rows[paper][0], local_day(rows[paper][1]))
        for paper in Paper
        if paper in rows and rows[paper][0]
    ]

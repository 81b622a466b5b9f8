"""The metrics of grading: grades in force, overdue gradings, the last year-end, index drafts."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from plumbing.clock import Clock
from plumbing.database import Database
from plumbing.metrics.common import AWAITING_PERSON
from plumbing.metrics.figures import SELDOM_SECONDS, Look, Reading, ask, figure
from services.grading.tables import Grade, IndexAssessment, IndexState, Subject, YearEnd

NOT_GRADED = "none"

GRADES = figure(
    "grades",
    "现行信用等级，按等级（none 为不评级）",
    "grades known and in force, by grade; none where the subject is not graded",
    "grade",
)
REGRADE_OVERDUE = figure(
    "regrade_overdue",
    "昨日及以前就应重新评级而未评的主体",
    "subjects that were to be graded anew by yesterday and were not",
)
YEAR_END = figure(
    "year_end_last_year",
    "最近一次年终分类调整的年度；0 为尚无",
    "the last year whose classes were adjusted; 0 before the first",
)


_YEAR = sa.select(sa.func.max(col(YearEnd.year)))
_DRAFTS = (
    sa.select(sa.func.count())
    .select_from(IndexAssessment)
    .where(col(IndexAssessment.state) == IndexState.DRAFT)
)
_IN_FORCE = (
    sa.select(col(Grade.grade), sa.func.count())
    .where(col(Grade.known_to).is_(None), col(Grade.in_force_to).is_(None))
    .group_by(col(Grade.grade))
)


def looks(database: Database, clock: Clock) -> list[Look]:
    """Returns the queries that measure the metrics of grading.

    The query that reads every grade in force is run less often than the others.
    """

    async def due() -> list[Reading]:
        late = col(Subject.next_change_on) < clock.today()
        overdue = sa.select(sa.func.count(col(Subject.subject_id))).where(late)
        [[(subjects,)], [(year,)]] = await ask(database, overdue, _YEAR)
        return [REGRADE_OVERDUE.at(subjects), YEAR_END.at(year or 0)]

    async def grades() -> list[Reading]:
        [rows] = await ask(database, _IN_FORCE)
        return GRADES.of({grade or NOT_GRADED: count for grade, count in rows})

    async def awaiting() -> list[Reading]:
        [[(drafts,)]] = await ask(database, _DRAFTS)
        return AWAITING_PERSON.of({"index_draft": drafts})

    return [Look("due", due), Look("awaiting", awaiting), Look("grades", grades, SELDOM_SECONDS)]

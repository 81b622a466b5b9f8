"""Grades of first loads that call for a follow-up which nobody has begun: the list, its release.

Nobody was told of a grade of a first load, so it opens no case by itself. It stays here until a
person of the bureau opens the cases, in portions (S3 24(三), S1 12(二), S0 三(三)3, S4 四(五);
C-38). Every step waits for its own approval, so whoever made the load may release as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.courses import course_names, grade_courses
from law.errors import InvalidInput
from law.periods import local_day, start_of
from plumbing import paging, row_scope
from plumbing.change import Change
from plumbing.events.leadership import exclusively
from plumbing.identity import Caller
from plumbing.view import View
from protos.alerts.v1 import escalations_pb2 as pb
from services.alerts.escalation.filing import is_open
from services.alerts.escalation.grade_cases import MATTER, course_of, open_for
from services.alerts.escalation.tables import SILENT, Escalation, StandingGrade
from services.alerts.tables import Subject

MOST = 1000  # cases that one call opens
_OF_SUBJECT = col(Subject.subject_id) == col(StandingGrade.subject_id)
Condition = sa.ColumnElement[bool]


@dataclass(frozen=True)
class Standing:
    """How many such grades there are, and the day on which the oldest became known."""

    grades: int
    since: date | None

    def days(self, on: date) -> int:
        """Returns for how many whole days the oldest has had no follow-up on a day; 0 if none."""
        return (on - self.since).days if self.since else 0


async def standing(
    session: AsyncSession, on: date, *, bureau: str = "", before: date | None = None
) -> Standing:
    """Counts the grades without a follow-up, by default of all bureaus and days.

    `before` limits them to those that became known before that day began.
    """
    known = col(StandingGrade.known_from)
    counted = _untold(sa.select(sa.func.count(), sa.func.min(known)), on)
    if bureau:
        counted = counted.where(col(Subject.bureau) == bureau)
    if before:
        counted = counted.where(known < start_of(before))
    number, oldest = (await (await session.connection()).execute(counted)).one()
    return Standing(number, local_day(oldest) if oldest else None)


async def list_untold_grades(
    view: View, request: pb.ListUntoldGradesRequest
) -> pb.ListUntoldGradesResponse:
    """Lists the grades without a follow-up within the caller's scope, by subject."""
    wanted = [*_meant(view.caller, request.of)]
    parts = [
        _of_first_loads(select(StandingGrade)).where(one, *wanted)
        for one in _calling(view.today, request.of.course)
    ]
    page, token = await paging.page_of_several(
        view.session, request, parts, StandingGrade.subject_id
    )
    calling = sa.or_(sa.false(), *_calling(view.today, request.of.course))
    every = _of_first_loads(select(StandingGrade)).where(calling, *wanted)
    count = await paging.count(view.session, request, every, token)
    names = select(Subject).where(col(Subject.subject_id).in_([row.subject_id for row in page]))
    subjects = {subject.subject_id: subject for subject in await view.session.exec(names)}
    grades = [_message(row, subjects[row.subject_id], view.today) for row in page]
    return pb.ListUntoldGradesResponse(grades=grades, next_page_token=token, **count)


async def release_untold_grades(
    change: Change, request: pb.ReleaseUntoldGradesRequest
) -> pb.ReleaseUntoldGradesResponse:
    """Opens the cases of a portion of these grades, those known first coming first.

    Raises InvalidInput if the request chooses no portion.
    """
    if not (request.subject_ids or request.at_most or request.of.ListFields()):
        raise InvalidInput(
            "请指明放行哪一批：机关、事由、件数之一，或者逐个指明主体",
            "Choose a portion: by bureau, course or number, or name the subjects",
            field="at_most",
        )
    await exclusively(change.session, "escalations")
    wanted = [*_meant(change.caller, request.of)]
    if request.subject_ids:
        wanted.append(col(StandingGrade.subject_id).in_(request.subject_ids))
    chosen: Any = select(StandingGrade, Subject)
    rows = _untold(chosen, change.today, request.of.course).where(*wanted)
    in_order = rows.order_by(col(StandingGrade.known_from), col(StandingGrade.subject_id))
    limited = in_order.limit(request.at_most or MOST).with_for_update(of=StandingGrade)
    cases = []
    for grade, subject in (await change.session.exec(limited)).all():
        if (course := course_of(grade, change.today)) is not None:
            grade.silent = False
            by = change.on_behalf_of
            cases.append(await open_for(change, grade, subject, course, by))
    counted = _untold(sa.select(sa.func.count()), change.today, request.of.course).where(*wanted)
    left = (await (await change.session.connection()).execute(counted)).scalar_one()
    ids = [case.escalation_id for case in cases]
    return pb.ReleaseUntoldGradesResponse(released=len(cases), left=left, escalation_ids=ids)


def _untold(columns: Any, on: date, course: str = "") -> Any:
    """A query of columns of the grades that open a case on a day and opened none, with subjects."""
    return _of_first_loads(columns).where(sa.or_(sa.false(), *_calling(on, course)))


def _of_first_loads(columns: Any) -> Any:
    has_case = sa.exists(sa.literal(1)).where(
        col(Escalation.subject_id) == col(StandingGrade.subject_id),
        col(Escalation.matter) == MATTER,
        is_open(),
    )
    return (
        columns.select_from(StandingGrade)
        .join(Subject, _OF_SUBJECT)
        .where(sa.text(SILENT), ~has_case.correlate(StandingGrade))
        .where(~col(Subject.in_review), ~col(Subject.removed), ~col(Subject.deregistered))
    )


def _calling(on: date, course: str) -> Sequence[Condition]:
    """One condition for each grade that opens this course on a day, or any."""
    return [
        (col(StandingGrade.ruleset_id) == found.ruleset) & (col(StandingGrade.grade) == grade)
        for found in grade_courses(on)
        if course in ("", found.id)
        for grade in found.grades
    ]


def _meant(caller: Caller, of: pb.UntoldGrades) -> Iterator[Condition]:
    yield row_scope.covered(caller, Subject.bureau)
    if of.bureau:
        yield row_scope.of_bureau(of.bureau, Subject.bureau)


def _message(row: StandingGrade, subject: Subject, today: date) -> pb.UntoldGrade:
    course = course_of(row, today)
    zh, en = course_names().get(course.id, ("", "")) if course else ("", "")
    known_on = local_day(row.known_from)
    return pb.UntoldGrade(
        subject_id=row.subject_id,
        subject_name=subject.name,
        bureau=subject.bureau,
        ruleset_id=row.ruleset_id,
        grade=row.grade,
        receipt_id=row.receipt_id,
        course=course.id if course else "",
        course_zh=zh,
        course_en=en,
        cite=course.cite if course else "",
        known_on=known_on.isoformat(),
        days_untold=(today - known_on).days,
    )

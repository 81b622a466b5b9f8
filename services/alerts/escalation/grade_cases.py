"""Escalation cases that a grade opens and ends (S3 24(三), 25; S1 12(二); S0 三(三)3; S4 四(五)).

Grading announces each change of a grade; the grade in force is kept here. A grade that its text
names opens a case, once; the case ends when the grade is no longer one of these, or its subject is
deregistered. A grade of a first load opens none by itself, since nobody was told of it: it waits in
the list of `first_grades` for a person of the bureau (C-38).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.courses import Course, Opening, grade_course, opening_grades
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.events.leadership import exclusively
from protos.grading.v1 import events_pb2, grading_pb2
from services.alerts.escalation.cases import MATTER as OF_ALERTS
from services.alerts.escalation.closing import close
from services.alerts.escalation.filing import (
    IDS_PER_QUERY,
    announce,
    episodes,
    is_open,
    move_to_bureaus,
    new_case,
    save,
    snapshot,
)
from services.alerts.escalation.tables import StandingGrade
from services.alerts.ladders.own import own_figures
from services.alerts.notices.issue import known
from services.alerts.tables import Escalation, Subject

MATTER = Opening.GRADE.value
CITE = "S1 20; D-06"
OF_LIFE = "S4 一(四)"


async def follow_grade(change: Change, event: events_pb2.GradeChanged) -> None:
    """Keeps a grade that changed, and opens, keeps or closes the case that follows from it.

    Raises TryLater for a grade that opens a case while its subject is not known here yet.
    """
    if await keep(change, event.after, silent=event.baseline) is None:
        return
    if grade_course(event.after.ruleset_id, event.after.grade, change.today) is not None:
        await known(change.session, Subject, event.subject_id)
    await match_grades(change, [event.subject_id])


async def keep(change: Change, grade: grading_pb2.Grade, *, silent: bool) -> StandingGrade | None:
    """Stores a grade in force and returns it; None if one that became known later is stored."""
    row = await change.session.get(StandingGrade, grade.subject_id, with_for_update=True)
    known_from = grade.known_from.ToDatetime(UTC)
    if row is not None and row.known_from > known_from:
        return None
    kept = StandingGrade(
        subject_id=grade.subject_id,
        bureau=grade.bureau,
        ruleset_id=grade.ruleset_id,
        grade=grade.grade,
        receipt_id=grade.receipt_id,
        silent=silent,
        known_from=known_from,
    )
    kept = await change.session.merge(kept)
    await change.session.flush()
    return kept


async def match_grades(
    change: Change, subjects: Collection[str], *, withdrawn: Collection[str] = ()
) -> None:
    """Opens and closes the cases of these subjects so that they agree with their grades.

    Cases that a person opened by stating facts end with their subject as well. A removed subject
    may have been joined to another, where they go on, and that event may still be to come: only
    cases of those `withdrawn`, which the register removed for another reason, end.
    """
    await exclusively(change.session, "escalations")
    for chunk in chunks(sorted(subjects), IDS_PER_QUERY):
        cases = await _open_cases(change.session, chunk)
        watched = await _watched(change.session, chunk)
        await _end_by_hand(change, [case for case in cases if case.facts], withdrawn)
        of_grade = {case.subject_id: case for case in cases if case.matter == MATTER}
        rows = select(StandingGrade).where(col(StandingGrade.subject_id).in_(chunk))
        for grade in (await change.session.exec(rows)).all():
            subject = watched.get(grade.subject_id)
            await _match(change, grade, subject, of_grade.get(grade.subject_id))
        await move_to_bureaus(change, [case for case in cases if case.closed_at is None])


async def _end_by_hand(
    change: Change, cases: Sequence[Escalation], withdrawn: Collection[str]
) -> None:
    """Closes those of these cases of stated facts whose subject is deregistered or withdrawn."""
    for case in cases:
        subject = await change.session.get(Subject, case.subject_id)
        if subject is not None and subject.deregistered:
            await close(change, case, OF_LIFE, "主体已注销。")
        elif subject is not None and subject.removed and case.subject_id in withdrawn:
            await close(change, case, OF_LIFE, "主体的登记已撤销。")


async def _match(
    change: Change, grade: StandingGrade, subject: Subject | None, case: Escalation | None
) -> None:
    wanted = course_of(grade, change.today) if subject is not None else None
    if case is not None and (wanted is None or wanted.id != case.course):
        await close(change, case, wanted.cite if wanted else CITE)
        case = None
    if wanted is None or subject is None:
        return
    if case is None:
        if not grade.silent:
            await open_for(change, grade, subject, wanted)
    elif (case.grade, case.receipt_id) != (grade.grade, grade.receipt_id):
        before = snapshot(case)
        case.grade, case.receipt_id = grade.grade, grade.receipt_id
        await save(change, case, "follow_grade", before, wanted.cite)


def course_of(grade: StandingGrade, on: date) -> Course | None:
    """Returns the course that a stored grade opens, or None."""
    return grade_course(grade.ruleset_id, grade.grade, on)


async def open_for(
    change: Change, grade: StandingGrade, subject: Subject, course: Course, by: str = ""
) -> Escalation:
    """Opens the case of a grade; `by` is the account of the person who opens it, if one does."""
    last = (await episodes(change.session, [subject.subject_id]))[subject.subject_id]
    case = new_case(
        change,
        subject.subject_id,
        subject.bureau,
        last + 1,
        course.id,
        MATTER,
        await own_figures(change.session, subject.bureau, change.today),
        ruleset_id=grade.ruleset_id,
        grade=grade.grade,
        receipt_id=grade.receipt_id,
        opened_by=by,
    )
    await store(change, case, course.cite)
    return case


async def store(change: Change, case: Escalation, ground: str) -> None:
    """Stores, audits and announces a case that is opened for one subject."""
    change.session.add(case)
    await change.session.flush()
    object_ = f"escalation/{case.escalation_id}"
    change.audit("open_escalation", object_, after=snapshot(case), ground=ground)
    await announce(change, object_, [case])


async def _open_cases(session: AsyncSession, subjects: Collection[str]) -> Sequence[Escalation]:
    """The open cases of subjects that no red alert opened, locked."""
    rows = select(Escalation).where(
        col(Escalation.subject_id).in_(subjects), col(Escalation.matter) != OF_ALERTS, is_open()
    )
    return (await session.exec(rows.with_for_update())).all()


async def _watched(session: AsyncSession, subjects: Collection[str]) -> dict[str, Subject]:
    rows = (await session.exec(select(Subject).where(col(Subject.subject_id).in_(subjects)))).all()
    return {row.subject_id: row for row in rows if not row.unwatched}


async def disagreeing(session: AsyncSession, on: date) -> tuple[list[str], dict[str, str]]:
    """Returns the subjects that lack the case of their grade, and the cases that should be closed.

    The latter are the subjects of these cases, by the id of the case. Grades that neither opened a
    case nor call for one, which are nearly all, are not read.
    """
    rows = select(Escalation).where(col(Escalation.matter) == MATTER, is_open())
    cases = {case.subject_id: case for case in await session.exec(rows)}
    grades = await _calling_for_cases(session, on)
    courses = {row.subject_id: course_of(row, on) for row in grades}
    watched = set[str]()
    for chunk in chunks(sorted(courses), IDS_PER_QUERY):
        watched |= (await _watched(session, chunk)).keys()
    missing = [
        row.subject_id
        for row in grades
        if row.subject_id in watched and row.subject_id not in cases and not row.silent
    ]
    ended = await _outliving_their_subject(session)
    for key, case in cases.items():
        course = courses.get(key)
        if course is None or key not in watched or course.id != case.course:
            ended[case.escalation_id] = key
    return missing, ended


async def _outliving_their_subject(session: AsyncSession) -> dict[str, str]:
    """The open cases of stated facts whose subject is deregistered, each with that subject.

    Whether those of a removed one end or go on with another, its events alone tell.
    """
    rows = (
        select(Escalation.escalation_id, Escalation.subject_id)
        .join(Subject, col(Subject.subject_id) == col(Escalation.subject_id))
        .where(is_open(), col(Escalation.facts) != "")
        .where(col(Subject.deregistered))
    )
    return dict((await session.exec(rows)).all())


async def _calling_for_cases(session: AsyncSession, on: date) -> Sequence[StandingGrade]:
    """The grades in force that open a case on a day, by subject."""
    opens = [
        (col(StandingGrade.ruleset_id) == ruleset) & col(StandingGrade.grade).in_(grades)
        for ruleset, grades in opening_grades(on).items()
    ]
    rows = select(StandingGrade).where(sa.or_(sa.false(), *opens))
    return (await session.exec(rows.order_by(StandingGrade.subject_id))).all()

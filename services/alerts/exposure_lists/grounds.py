"""Why a subject may stand on an exposure list, and what speaks against it.

The ground is a grade for which its text provides exposure (S1 12(二), S0 三(三)3), or a follow-up
of a red alert that has reached the exposure (C-31). Nobody is exposed while an objection of the
subject runs, nor for a grade that the public is not shown (S1 18, 19; C-41).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.courses import (
    RED_ALERT,
    Course,
    exposed_fields,
    grade_course,
    opening_grades,
    rung_of,
)
from law.disclosure.rule import Audience, visible
from law.escalation import Step, exposure_rules, rung
from law.evidence import SubjectKind
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.escalation.contests import CITE as OBJECTION_CITE
from services.alerts.escalation.filing import is_open
from services.alerts.escalation.grade_cases import MATTER
from services.alerts.escalation.tables import Contest, StandingGrade
from services.alerts.exposure_lists.follow_ups import said_against
from services.alerts.exposure_lists.tables import STANDING, Ended, ExposureEntry
from services.alerts.tables import Escalation, EscalationState, Subject

_AT_EXPOSURE = (EscalationState.PROPOSED, EscalationState.EXHAUSTED)


@dataclass(frozen=True)
class Ground:
    """What a subject may be exposed for: a grade, or a red alert that follow-up has not cured."""

    course: str
    cite: str
    escalation_id: str = ""
    ruleset_id: str = ""
    grade: str = ""
    receipt_id: str = ""


@dataclass(frozen=True)
class Obstacle:
    """What speaks against exposing a subject, in Chinese and English, with the article."""

    zh: str
    en: str
    cite: str


def exposing_course(ruleset_id: str, grade: str, on: date) -> Course | None:
    """Returns the course that a grade opens if exposure is one of its steps, or None."""
    found = grade_course(ruleset_id, grade, on)
    return found if found is not None and Step.EXPOSURE in found.steps else None


def has_ground(on: date) -> sa.ColumnElement[bool]:
    """Returns the SQL condition that a subject has a ground for exposure on a day."""
    grades = [
        (col(StandingGrade.ruleset_id) == ruleset) & (col(StandingGrade.grade) == grade)
        for ruleset, named in opening_grades(on).items()
        for grade in named
        if exposing_course(ruleset, grade, on)
    ]
    graded = select(StandingGrade.subject_id).where(sa.or_(sa.false(), *grades))
    at_exposure = select(Escalation.subject_id).where(*_reached_exposure())
    return col(Subject.subject_id).in_(graded) | col(Subject.subject_id).in_(at_exposure)


def _reached_exposure() -> tuple[sa.ColumnElement[bool], ...]:
    of_alert = col(Escalation.course) == RED_ALERT
    at_step = col(Escalation.step) == Step.EXPOSURE
    return of_alert, at_step, col(Escalation.state).in_(_AT_EXPOSURE), is_open()


async def grounds_of(
    session: AsyncSession, subject_ids: Collection[str], on: date
) -> dict[str, Ground]:
    """Returns the ground of each of these subjects that has one; its grade before a red alert."""
    rows = select(Escalation).where(col(Escalation.subject_id).in_(subject_ids))
    red = (await session.exec(rows.where(*_reached_exposure()))).all()
    of_grades = (await session.exec(rows.where(Escalation.matter == MATTER, is_open()))).all()
    cases = {case.subject_id: case.escalation_id for case in of_grades}
    article = rung_of(RED_ALERT, Step.EXPOSURE, on).cite if red else ""
    found = {case.subject_id: Ground(RED_ALERT, article, case.escalation_id) for case in red}
    graded = select(StandingGrade).where(col(StandingGrade.subject_id).in_(subject_ids))
    for row in await session.exec(graded):
        if course := exposing_course(row.ruleset_id, row.grade, on):
            of_grade = (row.ruleset_id, row.grade, row.receipt_id)
            case = cases.get(row.subject_id, "")
            found[row.subject_id] = Ground(course.id, course.cite, case, *of_grade)
    return found


async def obstacles_of(
    session: AsyncSession,
    subjects: Sequence[Subject],
    grounds: Mapping[str, Ground],
    public: Mapping[str, Grade],
    on: date,
) -> dict[str, list[Obstacle]]:
    """Returns what speaks against exposing each subject on a day; an empty list if nothing does.

    `public` are the grades as the public is shown them.
    """
    ids = [subject.subject_id for subject in subjects]
    rows = select(Contest).where(col(Contest.subject_id).in_(ids), col(Contest.running))
    running: dict[str, list[str]] = {}
    for contest in await session.exec(rows.order_by(Contest.number)):
        if contest.targets:  # without any it is a repair, of which earlier releases kept a row
            running.setdefault(contest.subject_id, []).append(contest.number)
    cases = [ground.escalation_id for ground in grounds.values() if ground.escalation_id]
    followed_up = await said_against(session, cases, on)
    decided = await _decided_against(session, ids)
    found = {}
    for subject in subjects:
        ground, contests = grounds.get(subject.subject_id), running.get(subject.subject_id, [])
        shown = public.get(subject.subject_id)
        found[subject.subject_id] = [
            *not_to_be_named(subject, ground.course if ground else "", on),
            *_not_settled(ground, contests, on),
            *_not_shown(ground, shown),
        ]
        if ground is None:
            continue
        cite = rung(Step.EXPOSURE, on).cite
        against = followed_up.get(ground.escalation_id, [])
        found[subject.subject_id] += [Obstacle(zh, en, f"{cite}; C-41") for zh, en in against]
        if (subject.subject_id, ground.receipt_id) in decided:
            zh = "异议或者复核的决定改变了这一等级所依据的信息，同一评定不再列入"
            en = "a decision on an objection changed what this very statement of the grade rests on"
            found[subject.subject_id].append(Obstacle(zh, en, f"{OBJECTION_CITE}; C-41"))
    return found


async def already_listed(session: AsyncSession, subject_ids: Collection[str]) -> set[str]:
    """Returns those of these subjects that stand on a list, public or not."""
    rows = select(ExposureEntry.subject_id).where(
        col(ExposureEntry.subject_id).in_(subject_ids), sa.text(STANDING)
    )
    return set(await session.exec(rows))


async def _decided_against(
    session: AsyncSession, subject_ids: Collection[str]
) -> set[tuple[str, str]]:
    """The subjects that came off a list by a decision on an objection, each with the receipt.

    A record of which only the disclosure is stopped still counts, and the grade stays as it is.
    """
    rows = select(ExposureEntry.subject_id, ExposureEntry.receipt_id).where(
        col(ExposureEntry.subject_id).in_(subject_ids),
        col(ExposureEntry.ended_why) == Ended.OBJECTION,
        col(ExposureEntry.receipt_id) != "",
    )
    return set((await session.exec(rows)).all())


def not_to_be_named(subject: Subject, course: str, on: date) -> list[Obstacle]:
    """Returns why a subject itself cannot be named openly with what its course makes public."""
    if subject.unwatched:
        zh = "尚在核对、已删除或者已注销"
        return [
            Obstacle(zh, "in review, removed or deregistered", exposure_rules(on).verified_cite)
        ]
    for field in exposed_fields(course):
        answer = visible(field, SubjectKind(subject.kind), Audience.PUBLIC, on)
        if not answer.allowed:
            return [
                Obstacle("这类主体不得公开曝光", "such a subject is never exposed", answer.cite)
            ]
    return []


def _not_settled(ground: Ground | None, contests: Sequence[str], on: date) -> list[Obstacle]:
    """Why the facts do not stand firm: no ground any more, or an objection that runs."""
    cite = exposure_rules(on).verified_cite
    obstacles = []
    if ground is None:
        zh = "现在没有曝光的事由：等级或者督促已经变动"
        en = "has no ground for exposure now: its grade or follow-up has changed"
        obstacles.append(Obstacle(zh, en, cite))
    if contests:
        numbers = "、".join(contests)
        zh, en = f"异议、复核尚未办结（{numbers}）", f"an objection runs ({', '.join(contests)})"
        obstacles.append(Obstacle(zh, en, f"{cite}; C-41"))
    return obstacles


def _not_shown(ground: Ground | None, shown: Grade | None) -> list[Obstacle]:
    """Whether the public is shown another grade, since records wait for review or are withheld."""
    if ground is None or not ground.grade:
        return []
    if shown and (shown.ruleset_id, shown.grade) == (ground.ruleset_id, ground.grade):
        return []
    zh = "所依据的信用记录尚未经保密审查公开，对外公开的等级不是这一等级"
    en = "its records are not released: the public is shown another grade"
    return [Obstacle(zh, en, "S1 18")]

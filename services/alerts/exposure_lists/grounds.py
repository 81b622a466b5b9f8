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


_DECIDED = Obstacle(
    "异议或者复核的决定改变了这一等级所依据的信息，同一评定不再列入",
    "a decision on an objection changed what this very statement of the grade rests on",
    f"{OBJECTION_CITE}; C-41",
)


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
) -> dict[str, dict[str, Ground]]:
    """Returns the grounds of those of these subjects that have any, by course.

    The grade of a subject comes before its red alerts.
    """
    rows = select(Escalation).where(col(Escalation.subject_id).in_(subject_ids))
    red = (await session.exec(rows.where(*_reached_exposure()))).all()
    of_grades = (await session.exec(rows.where(Escalation.matter == MATTER, is_open()))).all()
    cases = {case.subject_id: case.escalation_id for case in of_grades}
    found: dict[str, dict[str, Ground]] = {}
    graded = select(StandingGrade).where(col(StandingGrade.subject_id).in_(subject_ids))
    for row in await session.exec(graded):
        if course := exposing_course(row.ruleset_id, row.grade, on):
            of_grade = (row.ruleset_id, row.grade, row.receipt_id)
            case_id = cases.get(row.subject_id, "")
            ground = Ground(course.id, course.cite, case_id, *of_grade)
            found.setdefault(row.subject_id, {})[course.id] = ground
    article = rung_of(RED_ALERT, Step.EXPOSURE, on).cite if red else ""
    for case in red:
        ground = Ground(RED_ALERT, article, case.escalation_id)
        found.setdefault(case.subject_id, {})[RED_ALERT] = ground
    return found


async def candidates_among(
    session: AsyncSession, subjects: Sequence[Subject], public: Mapping[str, Grade], on: date
) -> list[tuple[Ground | None, list[Obstacle]]]:
    """Returns for what each of these subjects may be listed now, and what speaks against it.

    Of several grounds it is the first for which the subject stands on no list and against which
    nothing speaks. `public` are the grades as the public is shown them.
    """
    ids = [subject.subject_id for subject in subjects]
    grounds, listed = await grounds_of(session, ids, on), await already_listed(session, ids)
    pairs: list[tuple[Subject, Ground | None]] = []
    for subject in subjects:
        of_subject = grounds.get(subject.subject_id, {})
        left = [g for course, g in of_subject.items() if (subject.subject_id, course) not in listed]
        of_all = left or [*of_subject.values()][:1]
        pairs += [(subject, ground) for ground in of_all] or [(subject, None)]
    found: dict[str, tuple[Ground | None, list[Obstacle]]] = {}
    against = await obstacles_of(session, pairs, public, on)
    for (subject, ground), obstacles in zip(pairs, against, strict=True):
        if ground is not None and (subject.subject_id, ground.course) in listed:
            zh, en = "已在另一份名单中", "stands on another list"
            obstacles.append(Obstacle(zh, en, f"{exposure_rules(on).verified_cite}; C-41"))
        before = found.get(subject.subject_id)
        if before is None or (before[1] and not obstacles):
            found[subject.subject_id] = ground, obstacles
    return [found[subject_id] for subject_id in ids]


async def obstacles_of(
    session: AsyncSession,
    pairs: Sequence[tuple[Subject, Ground | None]],
    public: Mapping[str, Grade],
    on: date,
) -> list[list[Obstacle]]:
    """Returns what speaks against exposing each subject for a ground; nothing if the list is empty.

    A ground is None for a subject that has none any more. `public` are the grades as the public is
    shown them.
    """
    ids = {subject.subject_id for subject, _ in pairs}
    running = await _running(session, ids)
    cases = {ground.escalation_id for _, ground in pairs if ground and ground.escalation_id}
    followed_up = await said_against(session, cases, on)
    decided = await _decided_against(session, ids)
    found = []
    for subject, ground in pairs:
        obstacles = [
            *not_to_be_named(subject, ground.course if ground else "", on),
            *_not_settled(ground, running.get(subject.subject_id, []), on),
            *not_shown(ground, public.get(subject.subject_id)),
        ]
        if ground is not None:
            cite = f"{rung(Step.EXPOSURE, on).cite}; C-41"
            against = followed_up.get(ground.escalation_id, [])
            obstacles += [Obstacle(zh, en, cite) for zh, en in against]
            if (subject.subject_id, ground.receipt_id) in decided:
                obstacles.append(_DECIDED)
        found.append(obstacles)
    return found


async def grounds_of_entries(
    session: AsyncSession,
    entries: Sequence[ExposureEntry],
    subjects: Sequence[Subject],
    public: Mapping[str, Grade],
    on: date,
) -> list[tuple[Ground | None, list[Obstacle]]]:
    """Returns the ground of each entry as it is now, None if it is over, and what speaks against.

    `subjects` are those of the entries; `public` are the grades as the public is shown them.
    """
    grounds = await grounds_of(session, [subject.subject_id for subject in subjects], on)
    pairs = [
        (subject, grounds.get(subject.subject_id, {}).get(entry.course))
        for entry, subject in zip(entries, subjects, strict=True)
    ]
    against = await obstacles_of(session, pairs, public, on)
    return [(ground, obstacles) for (_, ground), obstacles in zip(pairs, against, strict=True)]


async def _running(session: AsyncSession, subject_ids: Collection[str]) -> dict[str, list[str]]:
    """The numbers of the running objections of each subject, in order."""
    rows = select(Contest).where(col(Contest.subject_id).in_(subject_ids), col(Contest.running))
    running: dict[str, list[str]] = {}
    for contest in await session.exec(rows.order_by(Contest.number)):
        if contest.targets:  # without any it is a repair, of which earlier releases kept a row
            running.setdefault(contest.subject_id, []).append(contest.number)
    return running


async def already_listed(
    session: AsyncSession, subject_ids: Collection[str]
) -> set[tuple[str, str]]:
    """Returns those of these subjects that stand on a list, public or not, each with the course."""
    rows = select(ExposureEntry.subject_id, ExposureEntry.course).where(
        col(ExposureEntry.subject_id).in_(subject_ids), sa.text(STANDING)
    )
    return set((await session.exec(rows)).all())


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


def not_shown(ground: Ground | ExposureEntry | None, shown: Grade | None) -> list[Obstacle]:
    """Returns whether the public is shown another grade than the one of a ground, or of an entry.

    Then records that it rests on wait for their review, or are withheld (S1 18).
    """
    if ground is None or not ground.grade:
        return []
    if shown and (shown.ruleset_id, shown.grade) == (ground.ruleset_id, ground.grade):
        return []
    zh = "所依据的信用记录尚未经保密审查公开，对外公开的等级不是这一等级"
    en = "its records are not released: the public is shown another grade"
    return [Obstacle(zh, en, "S1 18")]

"""Computes grades again from the present records and stores the grades that differ.

A grade with the same result for the same reasons as the one in force is not stored again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.metrics.counted import GRADES_COMPUTED
from services.grading import assessment, public_grades
from services.grading.assessment import Assessment
from services.grading.evidence import Evidence
from services.grading.grade_history import Cause, Draft
from services.grading.tables import Grade

Turns = dict[str, list[Assessment]]


def overdue(evidence: Evidence, subject_ids: Iterable[str], until: date) -> Turns:
    """Assesses each subject on the days it was due and not graded, through the day `until`.

    The assessments use the present evidence. Subjects that were not due are left out.
    """
    due = {
        subject_id: day
        for subject_id in subject_ids
        if (day := evidence.subjects[subject_id].next_change_on) and day <= until
    }
    files = evidence.files(due)
    return {
        subject_id: list(assessment.turns(file, due[subject_id], until))
        for subject_id, file in files.items()
    }


def up_to(today: date, evidence: Evidence, subject_ids: Iterable[str], missed: Turns) -> Turns:
    """Assesses the subjects as of `today`, after the earlier assessments in `missed`.

    Returns for each subject its assessments in the order of their days.
    """
    files = evidence.files(set(subject_ids))
    return {
        subject_id: [*missed.get(subject_id, ()), assessment.assess(file, today)]
        for subject_id, file in files.items()
    }


def yesterday(change: Change) -> date:
    """Returns the day before today on the platform's clock."""
    return change.today - timedelta(days=1)


async def write(change: Change, evidence: Evidence, turns: Turns, cause: Cause) -> int:
    """Stores and announces each grade that differs from the one in force.

    Returns the number of subjects with such a grade.
    """
    known = await _reaching(change, turns)
    former = {subject_id: rows[-1] for subject_id, rows in known.items()}
    draft = Draft(change, cause)
    for subject_id, assessments in turns.items():
        GRADES_COMPUTED.inc(len(assessments))
        evidence.subjects[subject_id].next_change_on = assessments[-1].next_change_on()
        if new := _differing(known[subject_id], assessments):
            draft.add(known[subject_id], new)
    await draft.commit()
    present = {key: days[-1] for key, days in turns.items()}
    await public_grades.state(change, evidence, present, former)
    return len(draft.changed)


async def _reaching(change: Change, turns: Turns) -> defaultdict[str, list[Grade]]:
    """The known statements that reach beyond the first day to be stated, in order, by subject."""
    first = min((assessments[0].day for assessments in turns.values()), default=change.today)
    reaching = (
        select(Grade)
        .where(
            col(Grade.subject_id).in_(list(turns)),
            col(Grade.known_to).is_(None),
            sa.or_(col(Grade.in_force_to).is_(None), col(Grade.in_force_to) > first),
        )
        .order_by(col(Grade.in_force_from))
    )
    known: defaultdict[str, list[Grade]] = defaultdict(list)
    for grade in (await change.session.exec(reaching)).all():
        known[grade.subject_id].append(grade)
    return known


def _differing(known: Sequence[Grade], assessments: Sequence[Assessment]) -> list[Assessment]:
    """The assessments whose result or reasons differ from those of the one before."""
    digest = known[-1].digest if known else ""
    differing: list[Assessment] = []
    for new in assessments:
        if new.digest != digest:
            differing.append(new)
            digest = new.digest
    return differing

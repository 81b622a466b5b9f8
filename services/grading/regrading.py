"""Re-grading: the present evidence → which statements are to be made, and why.

What says the same and rests on the same as the grade in force writes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.metrics.counted import GRADES_COMPUTED
from services.grading import assessment
from services.grading.assessment import Assessment
from services.grading.evidence import Evidence
from services.grading.grade_history import Cause, Draft
from services.grading.tables import Grade

Turns = dict[str, list[Assessment]]


def overdue(evidence: Evidence, subject_ids: Iterable[str], until: date) -> Turns:
    """Assess, on the evidence as it stands, the days up to and with `until` that were missed."""
    due = {
        subject_id: day
        for subject_id in subject_ids
        if (day := evidence.subjects[subject_id].next_change_on) and day <= until
    }
    files = evidence.files(due)
    return {one: list(assessment.turns(file, due[one], until)) for one, file in files.items()}


def up_to(today: date, evidence: Evidence, subject_ids: Iterable[str], missed: Turns) -> Turns:
    """Add to what was missed how things stand today."""
    files = evidence.files(set(subject_ids))
    return {
        one: [*missed.get(one, ()), assessment.assess(file, today)] for one, file in files.items()
    }


def yesterday(change: Change) -> date:
    """The last day that is over."""
    return change.today - timedelta(days=1)


async def write(change: Change, evidence: Evidence, turns: Turns, cause: Cause) -> int:
    """State the grades that differ from those in force and announce them; returns how many."""
    known = await _reaching(change, turns)
    draft = Draft(change, cause)
    for subject_id, assessments in turns.items():
        GRADES_COMPUTED.inc(len(assessments))
        evidence.subjects[subject_id].next_change_on = assessments[-1].next_change_on()
        if fresh := _differing(known[subject_id], assessments):
            draft.state(known[subject_id], fresh)
    await draft.commit()
    return len(draft.changed)


async def _reaching(change: Change, turns: Turns) -> defaultdict[str, list[Grade]]:
    """The statements now known that reach beyond the first day to be stated, in order."""
    first = min((one[0].day for one in turns.values()), default=change.today)
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
    """Leave out each assessment that says the same as the one before it."""
    said = known[-1].digest if known else ""
    fresh: list[Assessment] = []
    for one in assessments:
        if one.digest != said:
            fresh.append(one)
            said = one.digest
    return fresh

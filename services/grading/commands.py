"""What changes grades: news from the register, the passing of time, a changed text.

One function per change, each in its caller's transaction. Days that were missed are made up for
on the evidence as it stood, before anything new is taken in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.evidence import Dossier, Sector, SubjectKind
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as registry
from services.grading import assessment, regrading
from services.grading.assessment import File
from services.grading.drafting import Cause
from services.grading.evidence import hold
from services.grading.tables import Grade, Subject

CHUNK = 200
_CURRENT = (col(Grade.known_to).is_(None), col(Grade.in_force_to).is_(None))
_COLUMNS: tuple[Any, ...] = (
    Subject.bureau,
    Subject.sector,
    Subject.kind,
    Subject.removed,
    Grade.ruleset_id,
    Grade.ruleset_hash,
)
_COMBINATIONS = sa.select(*_COLUMNS).distinct()


async def take_subjects(change: Change, event: registry.SubjectsChanged) -> int:
    """Takes in subjects and grades those that are new to it; returns how many grades changed."""
    told = event.subjects
    evidence = await hold(change.session, (one.subject_id for one in told))
    missed = regrading.overdue(evidence, list(evidence.subjects), regrading.yesterday(change))
    touched = {one.subject_id for one in told if evidence.take_subject(one)}
    turns = regrading.up_to(change.today, evidence, touched, missed)
    return await regrading.write(change, evidence, turns, _cause(event.change, {}))


async def take_records(change: Change, event: registry.RecordsChanged) -> int:
    """Takes in records and grades each touched subject once; returns how many grades changed."""
    told = event.records
    evidence = await hold(
        change.session, (one.subject_id for one in told), (one.record_id for one in told)
    )
    missed = regrading.overdue(evidence, list(evidence.subjects), regrading.yesterday(change))
    by_subject: defaultdict[str, list[str]] = defaultdict(list)
    for one in told:
        for subject_id in evidence.take_record(one):
            by_subject[subject_id].append(one.record_id)
    turns = regrading.up_to(change.today, evidence, by_subject, missed)
    return await regrading.write(change, evidence, turns, _cause(event.change, by_subject))


async def regrade_due(change: Change, as_of: date) -> int:
    """Grades a chunk of the subjects that time changes up to a day; returns how many it took.

    Each is graded as of the day on which it was due, also when that day was missed.
    """
    due = (
        select(Subject.subject_id)
        .where(col(Subject.next_change_on) <= as_of)
        .order_by(col(Subject.subject_id))
        .limit(CHUNK)
    )
    subject_ids = (await change.session.exec(due)).all()
    evidence = await hold(change.session, subject_ids)
    turns = regrading.overdue(evidence, subject_ids, as_of)
    await regrading.write(change, evidence, turns, Cause("regrade_due"))
    return len(subject_ids)


async def regrade_stale(change: Change, as_of: date) -> int:
    """Grades a chunk of the subjects whose grade carries a text that no longer governs them.

    The table of jurisdictions may have changed as well as a text; returns how many it took.
    """
    subject_ids = await _stale(change.session, as_of)
    evidence = await hold(change.session, subject_ids)
    turns = regrading.up_to(as_of, evidence, subject_ids, {})
    await regrading.write(change, evidence, turns, Cause("regrade_ruleset"))
    return len(subject_ids)


async def _stale(session: AsyncSession, as_of: date) -> Sequence[str]:
    """Compares by kinds of subject, of which there are few, and names the subjects of one."""
    joined = col(Grade.subject_id) == col(Subject.subject_id)
    connection = await session.connection()
    combinations = await connection.execute(_COMBINATIONS.where(*_CURRENT, joined))
    for combination in combinations.all():
        bureau, sector, kind, removed, *carried = combination
        file = File(Dossier("", Sector(sector), SubjectKind(kind), bureau=bureau), removed)
        if list(assessment.text_of(file, as_of)) != carried:
            same = [column == value for column, value in zip(_COLUMNS, combination, strict=True)]
            ids = select(Subject.subject_id).where(*_CURRENT, joined, *same)
            return list(
                (await session.exec(ids.order_by(col(Subject.subject_id)).limit(CHUNK))).all()
            )
    return []


def _cause(why: registry.Change, records: dict[str, list[str]]) -> Cause:
    return Cause("regrade", why.ground, why.baseline, records)

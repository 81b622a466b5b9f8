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
from law.texts_in_force.governing import GoverningTexts
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as registry
from services.grading import assessment, regrading
from services.grading.assessment import File
from services.grading.evidence import hold
from services.grading.grade_history import Cause
from services.grading.rulesets import activations as governing
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


async def regrade_due(change: Change, as_of: date, after: str) -> Sequence[str]:
    """Grades the next chunk of the subjects that time changes up to a day; returns their ids.

    Each is graded as of the day on which it was due, also when that day was missed.
    """
    key = col(Subject.subject_id)
    due = select(key).where(col(Subject.next_change_on) <= as_of, key > after)
    subject_ids = (await change.session.exec(due.order_by(key).limit(CHUNK))).all()
    evidence = await hold(change.session, subject_ids)
    turns = regrading.overdue(evidence, subject_ids, as_of)
    await regrading.write(change, evidence, turns, Cause("regrade_due"))
    return subject_ids


async def regrade_stale(change: Change, as_of: date, after: str) -> Sequence[str]:
    """Grades the next chunk of the subjects whose grade carries a text that no longer governs.

    The table of jurisdictions may have changed as well as a text; returns their ids.
    """
    subject_ids = await _stale(change.session, as_of, after)
    evidence = await hold(change.session, subject_ids)
    turns = regrading.up_to(as_of, evidence, subject_ids, {})
    await regrading.write(change, evidence, turns, Cause("regrade_ruleset"))
    return subject_ids


async def _stale(session: AsyncSession, as_of: date, after: str) -> Sequence[str]:
    """Compares by combinations of what decides on the text, of which there are few."""
    key = col(Subject.subject_id)
    current = sa.and_(*_CURRENT, col(Grade.subject_id) == key)
    connection = await session.connection()
    combinations = await connection.execute(sa.select(*_COLUMNS).distinct().where(current))
    now = await governing.load(session)
    stale = [tuple(one) for one in combinations if _is_stale(one, as_of, now)]
    ids = select(key).where(current, sa.tuple_(*_COLUMNS).in_(stale), key > after)
    return (await session.exec(ids.order_by(key).limit(CHUNK))).all() if stale else ()


def _is_stale(combination: Sequence[Any], as_of: date, now: GoverningTexts) -> bool:
    bureau, sector, kind, removed, *carried = combination
    file = File(Dossier("", Sector(sector), SubjectKind(kind), bureau=bureau), removed, now)
    return list(assessment.text_of(file, as_of)) != carried


def _cause(why: registry.Change, records: dict[str, list[str]]) -> Cause:
    return Cause("regrade", why.ground, why.baseline, records)

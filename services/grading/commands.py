"""Commands that change grades: for changed subjects, changed records, time alone, and new rulesets.

There is one function for each cause; each runs in its caller's transaction. Days that were missed
are assessed first, with the records from before the change.
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
from services.grading.evidence import lock
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


async def apply_subjects(change: Change, event: registry.SubjectsChanged) -> int:
    """Stores changed subjects and grades them; returns how many of them got a new grade."""
    messages = event.subjects
    evidence = await lock(change.session, (message.subject_id for message in messages))
    missed = regrading.overdue(evidence, list(evidence.subjects), regrading.yesterday(change))
    changed = {message.subject_id for message in messages if evidence.apply_subject(message)}
    turns = regrading.up_to(change.today, evidence, changed, missed)
    return await regrading.write(change, evidence, turns, _cause(event.change, {}))


async def apply_records(change: Change, event: registry.RecordsChanged) -> int:
    """Stores changed records and grades each of their subjects once.

    Returns how many of the subjects got a new grade.
    """
    messages = event.records
    evidence = await lock(
        change.session,
        (message.subject_id for message in messages),
        (message.record_id for message in messages),
    )
    missed = regrading.overdue(evidence, list(evidence.subjects), regrading.yesterday(change))
    by_subject: defaultdict[str, list[str]] = defaultdict(list)
    for message in messages:
        for subject_id in evidence.apply_record(message):
            by_subject[subject_id].append(message.record_id)
    turns = regrading.up_to(change.today, evidence, by_subject, missed)
    return await regrading.write(change, evidence, turns, _cause(event.change, by_subject))


async def apply_publications(change: Change, event: registry.PublicationsChanged) -> None:
    """Stores which records were released to the public, and states the public grades anew."""
    messages = event.publications
    evidence = await lock(
        change.session,
        (message.subject_id for message in messages),
        (message.record_id for message in messages),
    )
    missed = regrading.overdue(evidence, list(evidence.subjects), regrading.yesterday(change))
    changed = {one.subject_id for one in messages if evidence.apply_publication(one)}
    turns = regrading.up_to(change.today, evidence, changed, missed)
    await regrading.write(change, evidence, turns, _cause(event.change, {}))


async def regrade_due(change: Change, as_of: date, after: str) -> Sequence[str]:
    """Grades the next chunk of the subjects whose grade time alone changes by the day `as_of`.

    Each subject is graded as of the day on which it was due, even if that day was missed. The chunk
    starts with the first id greater than `after`. Returns the ids of the chunk.
    """
    key = col(Subject.subject_id)
    due = select(key).where(col(Subject.next_change_on) <= as_of, key > after)
    subject_ids = (await change.session.exec(due.order_by(key).limit(CHUNK))).all()
    evidence = await lock(change.session, subject_ids)
    turns = regrading.overdue(evidence, subject_ids, as_of)
    await regrading.write(change, evidence, turns, Cause("regrade_due"))
    return subject_ids


async def regrade_stale(change: Change, as_of: date, after: str) -> Sequence[str]:
    """Grades the next chunk of the subjects whose ruleset no longer governs on the day `as_of`.

    The cause is a changed ruleset or a changed table of jurisdictions. The chunk starts with the
    first id greater than `after`. Returns the ids of the chunk.
    """
    subject_ids = await _stale(change.session, as_of, after)
    evidence = await lock(change.session, subject_ids)
    turns = regrading.up_to(as_of, evidence, subject_ids, {})
    await regrading.write(change, evidence, turns, Cause("regrade_ruleset"))
    return subject_ids


async def _stale(session: AsyncSession, as_of: date, after: str) -> Sequence[str]:
    """The next stale subjects, found by the few combinations of what decides on the text.

    No text governs a deregistered subject, so none of them is stale.
    """
    key = col(Subject.subject_id)
    alive = col(Subject.deregistered_on).is_(None)
    current = sa.and_(*_CURRENT, col(Grade.subject_id) == key, alive)
    connection = await session.connection()
    combinations = await connection.execute(sa.select(*_COLUMNS).distinct().where(current))
    now = await governing.load(session)
    stale = [tuple(row) for row in combinations if _is_stale(row, as_of, now)]
    ids = select(key).where(current, sa.tuple_(*_COLUMNS).in_(stale), key > after)
    return (await session.exec(ids.order_by(key).limit(CHUNK))).all() if stale else ()


def _is_stale(combination: Sequence[Any], as_of: date, now: GoverningTexts) -> bool:
    bureau, sector, kind, removed, *text = combination
    file = File(Dossier("", Sector(sector), SubjectKind(kind), bureau=bureau), removed, now)
    return list(assessment.text_of(file, as_of)) != text


def _cause(change: registry.Change, records: dict[str, list[str]]) -> Cause:
    return Cause("regrade", change.ground, change.baseline, records)

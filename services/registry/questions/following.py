"""Questions follow what they are about: to its subject and bureau, and to what it was joined to.

A bureau to which a subject no longer belongs neither sees nor decides them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.identity import document_key
from plumbing.change import Change
from services.registry.imported import imported
from services.registry.questions.asking import WAITING
from services.registry.questions.tables import Asked, Question
from services.registry.tables import ImportBatch, Instrument, Record, Subject

_ID = col(Question.question_id)
# What a question may be about: its column, the key of that, and its kind among imported things.
_THINGS: Sequence[tuple[Any, Any, str]] = (
    (Question.instrument_id, Instrument.instrument_id, "instrument"),
    (Question.record_id, Record.record_id, "record"),
)


async def follow_things(change: Change, *which: sa.ColumnElement[bool]) -> None:
    """Gives open questions to the present subjects of their instruments and records.

    `which` are conditions on questions.
    """
    await change.session.flush()
    for about, key, _ in _THINGS:
        thing = key.class_
        owner = (
            sa.select(col(Subject.subject_id), col(Subject.bureau))
            .join(thing, thing.subject_id == col(Subject.subject_id))
            .where(key == about, sa.not_(thing.removed))
        )
        subject_id, bureau = [
            owner.with_only_columns(one).scalar_subquery()
            for one in (col(Subject.subject_id), col(Subject.bureau))
        ]
        left = (*which, col(Question.state) == WAITING, col(Question.subject_id) != subject_id)
        update = sa.update(Question).where(*left)
        await change.session.exec(update.values(subject_id=subject_id, bureau=bureau))


async def follow_owners(change: Change, *which: sa.ColumnElement[bool]) -> None:
    """Gives questions to the present bureaus of their subjects, where `which` is true."""
    present = (
        select(Subject.bureau).where(Subject.subject_id == Question.subject_id).scalar_subquery()
    )
    left = sa.and_(col(Question.bureau) != present, *which)
    await change.session.exec(sa.update(Question).where(left).values(bureau=present))


async def follow_batch(change: Change, batch_id: str) -> None:
    """Gives open questions to the present subjects and bureaus of what an import changed."""
    about_changed = [about.in_(imported(batch_id, kind)) for about, _, kind in _THINGS]
    asked = col(Question.batch_id) == batch_id  # perhaps about what another subject has now
    await follow_things(change, sa.or_(asked, *about_changed))
    await follow_owners(change, col(Question.subject_id).in_(imported(batch_id, "subject")))


async def follow_subject(
    change: Change, former_id: str, present: Subject, stays: Mapping[str, str]
) -> dict[str, Any]:
    """Gives the questions about a subject that was joined to the one that stays.

    `stays` has, by the id of a record that both had, the one that stays. What both were asked is
    asked once. Returns what is needed to give the questions back.
    """
    of_both = col(Question.subject_id).in_((former_id, present.subject_id))
    rows = (await change.session.exec(select(Question).where(of_both).order_by(_ID))).all()
    before = {row.question_id: row.model_dump(mode="json") for row in rows}
    went = [row for row in rows if row.subject_id == former_id]
    given = [[row.question_id, row.record_id] for row in went]
    for row in went:
        row.subject_id, row.bureau = present.subject_id, present.bureau
    await follow_records(change, stays)
    doubled = _doubled(rows, {one for one, _ in given})
    for row in doubled:
        await change.session.delete(row)
    await change.session.flush()
    return {"questions": given, "doubled": [before[row.question_id] for row in doubled]}


def _doubled(rows: Sequence[Question], came: Collection[str]) -> list[Question]:
    """Of open questions that ask the same about a decision, all but one.

    One about a record that is on file stays, else rather none of those that came.
    """
    by_decision: dict[Any, list[Question]] = defaultdict(list)
    for row in rows:
        if row.state == WAITING and row.kind not in (Asked.REJECTED_ALONE, Asked.NOT_FINAL):
            by_decision[row.kind, document_key(row.source_ref)].append(row)
    return [
        row
        for same in by_decision.values()
        for row in sorted(same, key=lambda one: (not one.record_id, one.question_id in came))[1:]
    ]


async def give_back(change: Change, parted: Subject, kept: Mapping[str, Any]) -> None:
    """Gives questions back to a subject that is parted again, as `follow_subject` returned them.

    A question that was left out because both were asked it waits again, unless the file that asked
    it was undone.
    """
    for question_id, record_id in kept["questions"]:
        row = await change.session.get(Question, question_id)
        if row is not None:
            row.subject_id, row.bureau = parted.subject_id, parted.bureau
            row.record_id = record_id
    for was in kept.get("doubled", ()):
        batch = await change.session.get(ImportBatch, was["batch_id"])
        if batch is not None and batch.state == "applied":
            change.session.add(Question.model_validate(was))


async def follow_records(change: Change, stays: Mapping[str, str]) -> None:
    """Makes open questions about records be about those that tell of the same and stay.

    Whether a penalty is final is asked about each record by itself.
    """
    about = select(Question).where(
        col(Question.record_id).in_(stays),
        col(Question.state) == WAITING,
        col(Question.kind) != Asked.NOT_FINAL,
    )
    for row in (await change.session.exec(about)).all():
        row.record_id = stays[row.record_id]


async def join_questions(change: Change, kept_id: str, former_ids: Collection[str]) -> None:
    """Makes the open question about joined instruments be about the one that stays, once."""
    about = select(Question).where(
        col(Question.instrument_id).in_([kept_id, *former_ids]), col(Question.state) == WAITING
    )
    rows = (await change.session.exec(about.order_by(_ID))).all()
    by_kept = sorted(rows, key=lambda row: row.instrument_id != kept_id)
    for row in by_kept[:1]:
        row.instrument_id = kept_id
    for row in by_kept[1:]:
        await change.session.delete(row)
    await change.session.flush()

"""What a repair rests on, as registry and grading know it: the archive, the grade, its spell."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from law.evidence import Record, RecordKind, RecordStatus, Severity
from law.grading import Receipt
from law.grading.turning_days import spell_began_on
from law.texts_in_force.load import load
from protos.grading.v1.grading_pb2 import Grade
from protos.registry.v1 import registry_pb2
from services.objection.clients import Neighbours

Archive = Sequence[registry_pb2.Record]


@dataclass(frozen=True)
class Standing:
    """How a subject stands: its text, its grade, since when, and what that rests on.

    `grade` is empty where the subject is not graded; `resting_on` names the adverse records.
    """

    ruleset_id: str
    grade: str
    spell_began_on: date | None
    bureau: str
    resting_on: tuple[str, ...]


async def standing_of(
    neighbours: Neighbours, subject_id: str, archive: Archive, behalf: str
) -> Standing:
    """How a subject stands today."""
    grade = await neighbours.grade(subject_id, behalf)
    if not grade.grade:
        return await _ungraded(neighbours, subject_id, archive, behalf)
    document = await neighbours.receipt(grade.receipt_id, behalf)
    receipt = Receipt.from_json(json.loads(document))
    stated = _stated_since(await neighbours.grades(subject_id, behalf))
    return Standing(
        grade.ruleset_id,
        grade.grade,
        _earliest(spell_began_on(receipt.inputs, load(grade.ruleset_id), receipt), stated),
        grade.bureau,
        _resting_on(receipt),
    )


async def _ungraded(
    neighbours: Neighbours, subject_id: str, archive: Archive, behalf: str
) -> Standing:
    """Of whom nobody makes a grade there is an archive all the same, and a text for it (C-21)."""
    subject = await neighbours.subject(subject_id, behalf)
    kept = [await neighbours.retention(one.record_id, behalf) for one in archive[:1]]
    return Standing(kept[0].ruleset_id if kept else "", "", None, subject.bureau, ())


def _stated_since(grades: Iterable[Grade]) -> date | None:
    """Since when the present grade was stated without a break, as is known now (C-13)."""
    known = [one for one in grades if not one.HasField("known_to")]
    known.sort(key=lambda one: one.in_force_from, reverse=True)
    since = ""
    for one in known:
        if one.grade != known[0].grade:
            break
        since = one.in_force_from
    return date.fromisoformat(since) if since else None


def _earliest(*days: date | None) -> date | None:
    # What has left the archive shortens no spell, and neither does a register taken in later.
    return min((day for day in days if day is not None), default=None)


def _resting_on(receipt: Receipt) -> tuple[str, ...]:
    """The records that gave the grade directly; where none did, all that count against it."""
    direct = [one.record for one in receipt.overrides if one.record and one.grade == receipt.grade]
    against = [one.record for one in receipt.lines if one.counted and not one.kind.positive]
    return tuple(dict.fromkeys(direct or against))


def law_record(said: registry_pb2.Record) -> Record:
    """A record as the law reads it."""
    return Record(
        id=said.record_id,
        kind=RecordKind(said.kind),
        determined_on=date.fromisoformat(said.determined_on),
        entered_on=date.fromisoformat(said.entered_on),
        occurred_on=date.fromisoformat(said.occurred_on) if said.occurred_on else None,
        severity=Severity(said.severity) if said.severity else None,
        status=RecordStatus(said.status),
        status_on=date.fromisoformat(said.status_on) if said.status_on else None,
        verified=said.verified,
        final=said.final,
        contested=said.contested,
        points=said.points if said.HasField("points") else None,
    )

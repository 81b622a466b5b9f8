"""The facts for a repair from registry and grading: the subject's records and its present grade."""

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
from services.objection.clients import Clients

Archive = Sequence[registry_pb2.Record]


@dataclass(frozen=True)
class GradeBasis:
    """A subject's grade, its rule text, the first day of the grade, and the records that caused it.

    `grade` is empty for a subject without a grade. `record_ids` are the ids of the adverse records
    that caused the grade.
    """

    ruleset_id: str
    grade: str
    spell_began_on: date | None
    bureau: str
    record_ids: tuple[str, ...]


async def grade_basis(
    clients: Clients, subject_id: str, archive: Archive, behalf: str
) -> GradeBasis:
    """Returns the grade of a subject today, with the records that caused it."""
    grade = await clients.grade(subject_id, behalf)
    if not grade.grade:
        return await _without_grade(clients, subject_id, archive, behalf)
    document = await clients.receipt(grade.receipt_id, behalf)
    receipt = Receipt.from_json(json.loads(document))
    stated = _stated_since(await clients.grades(subject_id, behalf))
    return GradeBasis(
        grade.ruleset_id,
        grade.grade,
        _earliest(spell_began_on(receipt.inputs, load(grade.ruleset_id), receipt), stated),
        grade.bureau,
        _resting_on(receipt),
    )


async def _without_grade(
    clients: Clients, subject_id: str, archive: Archive, behalf: str
) -> GradeBasis:
    """The basis of a subject that no text grades: the text of its archive still applies (C-21)."""
    subject = await clients.subject(subject_id, behalf)
    kept = [await clients.retention(record.record_id, behalf) for record in archive[:1]]
    return GradeBasis(kept[0].ruleset_id if kept else "", "", None, subject.bureau, ())


def _stated_since(grades: Iterable[Grade]) -> date | None:
    """The day since which the present grade has been stated without a break (C-13)."""
    known = [grade for grade in grades if not grade.HasField("known_to")]
    known.sort(key=lambda grade: grade.in_force_from, reverse=True)
    since = ""
    for grade in known:
        if grade.grade != known[0].grade:
            break
        since = grade.in_force_from
    return date.fromisoformat(since) if since else None


def _earliest(*days: date | None) -> date | None:
    # Neither a record that has left the archive nor a register imported late may make it later.
    return min((day for day in days if day is not None), default=None)


def _resting_on(receipt: Receipt) -> tuple[str, ...]:
    """The records that gave the grade directly or, where none did, all that count against it."""
    direct = [
        override.record
        for override in receipt.overrides
        if override.record and override.grade == receipt.grade
    ]
    adverse = [line.record for line in receipt.lines if line.counted and not line.kind.positive]
    return tuple(dict.fromkeys(direct or adverse))


def law_record(record: registry_pb2.Record) -> Record:
    """Converts a record of the register to the record type of the law package."""
    return Record(
        id=record.record_id,
        kind=RecordKind(record.kind),
        determined_on=date.fromisoformat(record.determined_on),
        entered_on=date.fromisoformat(record.entered_on),
        occurred_on=date.fromisoformat(record.occurred_on) if record.occurred_on else None,
        severity=Severity(record.severity) if record.severity else None,
        status=RecordStatus(record.status),
        status_on=date.fromisoformat(record.status_on) if record.status_on else None,
        verified=record.verified,
        final=record.final,
        contested=record.contested,
        points=record.points if record.HasField("points") else None,
    )

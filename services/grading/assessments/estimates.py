"""Computes which subjects would get a worse grade if many subjects changed; stores nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import Fault
from law.evidence import Record, RecordKind, Sector, Severity, SubjectKind
from law.reader.strict_reader import Reader, refuse
from plumbing import row_scope
from protos.grading.v1 import assessments_pb2 as pb
from services.grading import assessment
from services.grading.assessment import File
from services.grading.tables import Grade


async def graded(session: AsyncSession, bureau: str) -> int:
    """Counts the subjects of a bureau and of the bureaus below it that have a grade in force."""
    counted = select(sa.func.count()).where(
        col(Grade.known_to).is_(None),
        col(Grade.in_force_to).is_(None),
        col(Grade.grade).is_not(None),
        row_scope.within(bureau, Grade.bureau),
    )
    return int((await session.exec(counted)).one())


def drops(
    files: Mapping[str, File], subjects: Iterable[pb.SupposedSubject], today: date
) -> Iterator[str]:
    """Yields the ids of the subjects whose grade, with the supposed changes, would be worse today.

    Two grades under different rulesets are not compared. A subject that is not in `files` is
    skipped. Raises InvalidInput naming every fault of the supposed changes.
    """
    faults: list[Fault] = []
    pairs = [
        (file, _supposed(file, subject, f"subjects[{number}]", faults))
        for number, subject in enumerate(subjects)
        if (file := files.get(subject.subject_id))
    ]
    refuse(faults, "输入不符合要求", "The input is not valid.")
    for file, supposed in pairs:
        if _falls(file, supposed, today):
            yield file.dossier.subject_id


def _falls(file: File, supposed: File, today: date) -> bool:
    before = assessment.assess(file, today).receipt
    after = assessment.assess(supposed, today).receipt
    if before is None or after is None or before.ruleset_id != after.ruleset_id:
        return False
    return assessment.fell(after.ruleset_id, before.grade, after.grade)


def _supposed(file: File, subject: pb.SupposedSubject, path: str, faults: list[Fault]) -> File:
    dossier = file.dossier
    values = {"kind": subject.kind or None, "sector": subject.sector or None}
    reader = Reader(values, path, faults)
    records = [
        _record(record, number, f"{path}.records[{number}]", faults)
        for number, record in enumerate(subject.records)
    ]
    dossier = replace(
        dossier,
        records=(*dossier.records, *records),
        subject_kind=reader.choice_or_none("kind", SubjectKind) or dossier.subject_kind,
        sector=reader.choice_or_none("sector", Sector) or dossier.sector,
        bureau=subject.bureau or dossier.bureau,
    )
    return replace(file, dossier=dossier)


def _record(message: pb.SupposedRecord, number: int, path: str, faults: list[Fault]) -> Record:
    values = {field.name: value for field, value in message.ListFields()}
    reader = Reader(values, path, faults)
    return Record(
        id=f"supposed-{number + 1}",
        kind=reader.choice("kind", RecordKind),
        severity=reader.choice_or_none("severity", Severity),
        occurred_on=reader.day("occurred_on"),
        determined_on=reader.day("determined_on"),
        entered_on=reader.day("entered_on"),
        verified=message.verified,
        final=message.final,
        points=message.points if message.HasField("points") else None,
    )

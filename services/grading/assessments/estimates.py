"""How many grades would fall if many subjects were otherwise: computed, and written nowhere."""

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
from plumbing.identity import scope_prefix
from protos.grading.v1 import assessments_pb2 as pb
from services.grading import assessment
from services.grading.assessment import File
from services.grading.tables import Grade


async def graded(session: AsyncSession, bureau: str) -> int:
    """How many subjects of a bureau, and of those below it, have a grade in force."""
    counted = select(sa.func.count()).where(
        col(Grade.known_to).is_(None),
        col(Grade.in_force_to).is_(None),
        col(Grade.grade).is_not(None),
        col(Grade.bureau).startswith(scope_prefix(bureau), autoescape=True),
    )
    return int((await session.exec(counted)).one())


def drops(
    files: Mapping[str, File], told: Iterable[pb.SupposedSubject], today: date
) -> Iterator[str]:
    """Those whose grade would be worse today. Raises InvalidInput naming every fault.

    Grades of different texts are not compared; whom grading does not know yet has none to lose.
    """
    faults: list[Fault] = []
    supposed = [
        (files[one.subject_id], _as_told(files[one.subject_id], one, f"subjects[{n}]", faults))
        for n, one in enumerate(told)
        if one.subject_id in files
    ]
    refuse(faults, "输入不符合要求", "The input is not valid.")
    for file, other in supposed:
        if _falls(file, other, today):
            yield file.dossier.subject_id


def _falls(file: File, supposed: File, today: date) -> bool:
    before = assessment.assess(file, today).receipt
    after = assessment.assess(supposed, today).receipt
    if before is None or after is None or before.ruleset_id != after.ruleset_id:
        return False
    return assessment.fell(after.ruleset_id, before.grade, after.grade)


def _as_told(file: File, told: pb.SupposedSubject, path: str, faults: list[Fault]) -> File:
    about = file.dossier
    said = Reader({"kind": told.kind or None, "sector": told.sector or None}, path, faults)
    records = [
        _record(one, number, f"{path}.records[{number}]", faults)
        for number, one in enumerate(told.records)
    ]
    dossier = replace(
        about,
        records=(*about.records, *records),
        subject_kind=said.choice_or_none("kind", SubjectKind) or about.subject_kind,
        sector=said.choice_or_none("sector", Sector) or about.sector,
        bureau=told.bureau or about.bureau,
    )
    return replace(file, dossier=dossier)


def _record(told: pb.SupposedRecord, number: int, path: str, faults: list[Fault]) -> Record:
    said = {field.name: value for field, value in told.ListFields()}
    reader = Reader(said, path, faults)
    return Record(
        id=f"supposed-{number + 1}",
        kind=reader.choice("kind", RecordKind),
        severity=reader.choice_or_none("severity", Severity),
        occurred_on=reader.day("occurred_on"),
        determined_on=reader.day("determined_on"),
        entered_on=reader.day("entered_on"),
        verified=told.verified,
        final=told.final,
        points=told.points if told.HasField("points") else None,
    )

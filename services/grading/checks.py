"""Checks that stored grades follow from the records, and stored indices from the findings."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.indices import data as index_tables
from law.indices import rule as indices
from plumbing import paging
from plumbing.clock import Clock
from plumbing.copies import hold_copies
from plumbing.database import Database
from plumbing.future_days import report_future_days
from plumbing.service import Findings
from services.grading import assessment
from services.grading.assessment import File
from services.grading.evidence import read
from services.grading.intervals import gaps
from services.grading.receipts import storing
from services.grading.receipts.checking import check_parts
from services.grading.tables import Grade, IndexAssessment, Receipt, Record, Subject, YearEnd

CHUNK = 500


async def check(database: Database, clock: Clock) -> Findings:
    """Counts the stored grades and indices; reports each that differs when computed again.

    It also reports grades and closed years of days that have not come.
    """
    findings = Findings(figures={"subjects": 0, "graded": 0, "not_graded": 0})
    async with database.snapshot() as session:
        await _hold(session, findings)
        key = col(Subject.subject_id)
        registered = select(key).where(col(Subject.version) > 0)
        async for subject_ids in paging.read_in_chunks(session, registered, key, CHUNK):
            await _check_chunk(session, subject_ids, findings)
        await _check_indexes(session, findings)
        await _check_days(session, clock, findings)
        await check_parts(session, findings)
    return findings


async def _hold(session: AsyncSession, findings: Findings) -> None:
    registered = col(Subject.version) > 0
    await hold_copies(session, findings, "subjects", Subject, registered)
    await hold_copies(session, findings, "subjects.graded", Subject, registered)
    await hold_copies(session, findings, "records", Record)


async def _check_chunk(
    session: AsyncSession, subject_ids: Sequence[str], findings: Findings
) -> None:
    files = (await read(session, subject_ids)).files(subject_ids)
    known = await _known(session, subject_ids)
    documents = await _documents(session, [rows[-1].receipt_id for rows in known.values()])
    for subject_id, file in files.items():
        rows = known.get(subject_id)
        if rows is None:
            findings.differ(
                "grade.missing", f"subject/{subject_id}", "主体没有等级", "The subject has no grade"
            )
            continue
        _check_intervals(rows, findings)
        _check_grade(rows[-1], file, documents, findings)
        _count(rows[-1], file, findings)


async def _known(session: AsyncSession, subject_ids: Sequence[str]) -> dict[str, list[Grade]]:
    """The statements known now, by subject, in the order of their days."""
    known = (
        select(Grade)
        .where(col(Grade.subject_id).in_(subject_ids), col(Grade.known_to).is_(None))
        .order_by(col(Grade.subject_id), col(Grade.in_force_from))
    )
    rows = (await session.exec(known)).all()
    groups = groupby(rows, lambda row: row.subject_id)
    return {subject_id: list(statements) for subject_id, statements in groups}


async def _documents(session: AsyncSession, receipt_ids: Sequence[str]) -> dict[str, str]:
    """The digest of each stored receipt, by its id."""
    stored = select(Receipt).where(col(Receipt.receipt_id).in_(receipt_ids))
    texts = await storing.texts(session, (await session.exec(stored)).all())
    return {key: assessment.digest_of(json.loads(text)) for key, text in texts.items()}


def _check_intervals(rows: Sequence[Grade], findings: Findings) -> None:
    for day in gaps(rows):
        findings.differ(
            "grade.intervals",
            f"subject/{rows[0].subject_id}",
            f"{day} 起的等级与其后的等级不相衔接",
            f"The grade from {day} does not end where the next begins",
        )


def _check_grade(row: Grade, file: File, documents: dict[str, str], findings: Findings) -> None:
    """Computes a grade again as of its first day, since when time has not changed it."""
    again = assessment.assess(file, row.in_force_from)
    stored = documents.get(row.receipt_id) if row.receipt_id else row.digest
    if again.digest != row.digest or stored != row.digest:
        findings.differ(
            "grade.differs",
            f"subject/{row.subject_id}",
            "按现有记录重新计算，与评价凭据不一致",
            "Computed again from the evidence, it differs from its receipt",
        )


async def _check_days(session: AsyncSession, clock: Clock, findings: Findings) -> None:
    days = col(Grade.in_force_from), col(Grade.known_from)
    await report_future_days(session, clock, findings, "subject", col(Grade.subject_id), *days)
    year = col(YearEnd.year)
    await report_future_days(session, clock, findings, "year-end", col(YearEnd.ruleset_id), year)


async def _check_indexes(session: AsyncSession, findings: Findings) -> None:
    """Computes each index again whose table has not changed since it was scored."""
    findings.figures["indices"] = 0
    for row in (await session.exec(select(IndexAssessment))).all():
        findings.figures["indices"] += 1
        if index_tables.table(row.table_id).content_hash != row.table_hash:
            continue
        again = indices.assess(row.table_id, row.findings, row.assessed_on)
        if again.to_json() != row.result:
            findings.differ(
                "index.differs",
                f"index/{row.index_id}",
                "按检查结果重新计算，与指数不一致",
                "Computed again from the findings, it differs",
            )


def _count(row: Grade, file: File, findings: Findings) -> None:
    if not file.removed:
        findings.figures["subjects"] += 1
        findings.figures["graded" if row.grade else "not_graded"] += 1

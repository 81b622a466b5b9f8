"""The evidence projection: what the registry told of some subjects and their records.

Events carry whole states with versions; the highest version of each thing stands, whatever the
order in which they come.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law import evidence as law
from law.texts_in_force.governing import GoverningTexts
from protos.registry.v1 import registry_pb2 as pb
from services.grading.assessment import File
from services.grading.rulesets import activations as governing
from services.grading.tables import Record, Subject

_EXPECT = sa.text(
    "INSERT INTO subject (subject_id, version, bureau, removed)"
    " VALUES (:subject_id, 0, '', :removed) ON CONFLICT (subject_id) DO NOTHING"
)


class Evidence:
    """Some subjects with all their records, held in one transaction."""

    def __init__(
        self,
        session: AsyncSession,
        subjects: Iterable[Subject],
        records: Iterable[Record],
        governing: GoverningTexts,
    ) -> None:
        self._session = session
        self._governing = governing
        self.subjects = {subject.subject_id: subject for subject in subjects}
        self._records = {record.record_id: record for record in records}

    def files(self, subject_ids: Collection[str]) -> dict[str, File]:
        """The files of those of these subjects that are registered.

        What has left the archive is in none of them: no later grade sees it (C-03).
        """
        records: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self._records.values():
            if not record.removed and record.status is not law.RecordStatus.EXPIRED:
                records[record.subject_id].append(record)
        return {
            subject_id: _file(self.subjects[subject_id], records[subject_id], self._governing)
            for subject_id in subject_ids
            if self.subjects[subject_id].version
        }

    def take_subject(self, told: pb.Subject) -> bool:
        """Takes a subject's state unless it knows a newer one; tells whether it did."""
        subject = self.subjects[told.subject_id]
        if told.version <= subject.version:
            return False
        subject.version = told.version
        subject.kind, subject.sector = law.SubjectKind(told.kind), law.Sector(told.sector)
        subject.bureau, subject.removed = told.bureau, told.removed
        subject.in_review = told.in_review
        return True

    def take_record(self, told: pb.Record) -> set[str]:
        """Takes a record's state; returns the subjects whose evidence it was or now is."""
        known = self._records.get(told.record_id)
        if known is not None and told.version <= known.version:
            return set()
        fresh = _record(told)
        if known is None:
            self._session.add(fresh)
            self._records[told.record_id] = fresh
            return {told.subject_id}
        touched = {known.subject_id, told.subject_id}
        for name, value in fresh.model_dump().items():
            setattr(known, name, value)
        return touched


async def hold(
    session: AsyncSession, subject_ids: Iterable[str], record_ids: Iterable[str] = ()
) -> Evidence:
    """Locks subjects, and those whose records are named, and reads all that is known of them."""
    wanted = set(subject_ids) | set(await _subjects_of(session, list(record_ids)))
    connection = await session.connection()
    if wanted:
        expected = [{"subject_id": one, "removed": False} for one in sorted(wanted)]
        await connection.execute(_EXPECT, expected)
    return await read(session, wanted, lock=True)


async def read(
    session: AsyncSession, subject_ids: Collection[str], *, lock: bool = False
) -> Evidence:
    """Reads what is known of some subjects."""
    key = col(Subject.subject_id)
    subjects = select(Subject).where(key.in_(subject_ids)).order_by(key)
    records = select(Record).where(col(Record.subject_id).in_(subject_ids))
    if lock:
        subjects, records = subjects.with_for_update(), records.with_for_update()
    known = (await session.exec(subjects)).all(), (await session.exec(records)).all()
    # Last: what is activated while we wait for a lock is seen then.
    return Evidence(session, *known, await governing.load(session))


async def _subjects_of(session: AsyncSession, record_ids: Collection[str]) -> Iterable[str]:
    if not record_ids:
        return ()
    known = select(Record.subject_id).where(col(Record.record_id).in_(record_ids)).distinct()
    return (await session.exec(known)).all()


def _file(subject: Subject, records: Iterable[Record], governing: GoverningTexts) -> File:
    if subject.kind is None or subject.sector is None:
        raise AssertionError(f"Subject {subject.subject_id} has a version but no state")
    in_order = sorted(records, key=lambda record: (record.determined_on, record.record_id))
    dossier = law.Dossier(
        subject_id=subject.subject_id,
        sector=subject.sector,
        subject_kind=subject.kind,
        records=tuple(map(_evidence, in_order)),
        bureau=subject.bureau,
    )
    return File(dossier, subject.removed, governing)


def _evidence(record: Record) -> law.Record:
    """A record as the law reads it. Its source stays behind: receipts outlive erasure (C-03)."""
    return law.Record(
        id=record.record_id,
        kind=record.kind,
        determined_on=record.determined_on,
        entered_on=record.entered_on,
        occurred_on=record.occurred_on,
        severity=record.severity,
        status=record.status,
        status_on=record.status_on,
        verified=record.verified,
        final=record.final,
        contested=record.contested,
        points=record.points,
    )


def _record(told: pb.Record) -> Record:
    return Record(
        record_id=told.record_id,
        version=told.version,
        subject_id=told.subject_id,
        removed=told.removed,
        kind=law.RecordKind(told.kind),
        severity=law.Severity(told.severity) if told.severity else None,
        occurred_on=_day(told.occurred_on),
        determined_on=date.fromisoformat(told.determined_on),
        entered_on=date.fromisoformat(told.entered_on),
        status=law.RecordStatus(told.status),
        status_on=_day(told.status_on),
        verified=told.verified,
        final=told.final,
        contested=told.contested,
        points=told.points if told.HasField("points") else None,
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None

"""The evidence for grades: subjects and their records as the registry announced them.

Each event contains the whole state of a subject or record, with a version. The highest version is
stored, whatever the order in which events arrive.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law import evidence as law
from law.texts_in_force.governing import GoverningTexts
from plumbing.events.inbox import TryLater
from protos.registry.v1 import events_pb2 as events
from protos.registry.v1 import registry_pb2 as pb
from services.grading.assessment import File
from services.grading.rulesets import activations as governing
from services.grading.tables import Record, Subject

_EMPTY_ROW = sa.text(
    "INSERT INTO subject (subject_id, version, bureau, removed)"
    " VALUES (:subject_id, 0, '', :removed) ON CONFLICT (subject_id) DO NOTHING"
)

_OF_PUBLICATION = {"released", "public_from", "publication"}


class Evidence:
    """The stored state of some subjects and of all their records, read in one transaction."""

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

    def files(
        self, subject_ids: Collection[str], *, public_on: date | None = None
    ) -> dict[str, File]:
        """Returns the file of each given subject that the registry has announced, by subject id.

        A file contains no record that has left the archive, so no later grade uses one (C-03). With
        `public_on` it contains only the records on which the public grade of that day may rest.
        """
        records: defaultdict[str, list[Record]] = defaultdict(list)
        for record in self._on_file():
            if public_on is None or record.is_public(public_on):
                records[record.subject_id].append(record)
        return {
            subject_id: _file(self.subjects[subject_id], records[subject_id], self._governing)
            for subject_id in subject_ids
            if self.subjects[subject_id].version
        }

    def unreleased(self, on: date) -> dict[str, date | None]:
        """Returns the subjects with records that are not public on a day.

        Each has the next day on which one of them becomes public, None if no such day is known.
        """
        first: dict[str, date | None] = {}
        for record in self._on_file():
            if not record.is_public(on):
                days = (first.get(record.subject_id), record.released and record.public_from)
                first[record.subject_id] = min((day for day in days if day), default=None)
        return first

    def _on_file(self) -> Iterator[Record]:
        for record in self._records.values():
            if not record.removed and record.status is not law.RecordStatus.EXPIRED:
                yield record

    def apply_subject(self, message: pb.Subject) -> bool:
        """Stores a subject's announced state.

        Returns False, and stores nothing, if that version or a newer one is stored already.
        """
        subject = self.subjects[message.subject_id]
        if message.version <= subject.version:
            return False
        subject.version = message.version
        subject.kind, subject.sector = law.SubjectKind(message.kind), law.Sector(message.sector)
        subject.bureau, subject.removed = message.bureau, message.removed
        subject.in_review = message.in_review
        day = message.deregistered_on
        subject.deregistered_on = date.fromisoformat(day) if day else None
        return True

    def apply_record(self, message: pb.Record) -> set[str]:
        """Stores a record's announced state, unless that version or a newer one is stored.

        Returns the ids of the subjects whose evidence changes: the record's former subject and its
        present one. Returns an empty set if nothing was stored.
        """
        known = self._records.get(message.record_id)
        if known is not None and message.version <= known.version:
            return set()
        row = _row(message)
        if known is None:
            self._session.add(row)
            self._records[message.record_id] = row
            return {message.subject_id}
        subject_ids = {known.subject_id, message.subject_id}
        for name, value in row.model_dump(exclude=_OF_PUBLICATION).items():
            setattr(known, name, value)
        return subject_ids

    def apply_publication(self, message: events.RecordPublication) -> bool:
        """Stores whether a record was released; returns False if that or more is stored already.

        Raises TryLater for a record that is not known here yet.
        """
        known = self._records.get(message.record_id)
        if known is None:
            raise TryLater(f"record {message.record_id} is not known here yet")
        if message.revision <= known.publication:
            return False
        known.publication = message.revision
        known.released, known.public_from = message.released, _day(message.public_from)
        return True


async def lock(
    session: AsyncSession, subject_ids: Iterable[str], record_ids: Iterable[str] = ()
) -> Evidence:
    """Locks the given subjects and the subjects of the given records, and reads their evidence.

    A subject that is not registered yet gets an empty row, so that it can be locked.
    """
    ids = set(subject_ids) | set(await _subjects_of(session, list(record_ids)))
    connection = await session.connection()
    if ids:
        rows = [{"subject_id": subject_id, "removed": False} for subject_id in sorted(ids)]
        await connection.execute(_EMPTY_ROW, rows)
    return await read(session, ids, locked=True)


async def read(
    session: AsyncSession, subject_ids: Collection[str], *, locked: bool = False
) -> Evidence:
    """Reads the evidence of the given subjects.

    With `locked`, no other transaction can change it until the commit.
    """
    key = col(Subject.subject_id)
    subjects = select(Subject).where(key.in_(subject_ids)).order_by(key)
    records = select(Record).where(col(Record.subject_id).in_(subject_ids))
    if locked:
        subjects, records = subjects.with_for_update(), records.with_for_update()
    known = (await session.exec(subjects)).all(), (await session.exec(records)).all()
    # Read last, so that an activation made while this waited for a lock is seen.
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
    return File(dossier, subject.removed, governing, subject.deregistered_on)


def _evidence(record: Record) -> law.Record:
    """A record as the law reads it, without its source: receipts outlive an erasure (C-03)."""
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


def _row(message: pb.Record) -> Record:
    return Record(
        record_id=message.record_id,
        version=message.version,
        subject_id=message.subject_id,
        removed=message.removed,
        kind=law.RecordKind(message.kind),
        severity=law.Severity(message.severity) if message.severity else None,
        occurred_on=_day(message.occurred_on),
        determined_on=date.fromisoformat(message.determined_on),
        entered_on=date.fromisoformat(message.entered_on),
        status=law.RecordStatus(message.status),
        status_on=_day(message.status_on),
        verified=message.verified,
        final=message.final,
        contested=message.contested,
        points=message.points if message.HasField("points") else None,
    )


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None

"""How long records are kept, and their leaving the archive when that is over (S3 18, 19; C-01).

For an adverse record that is natural repair. One set-based transition a day: what the law lets go
by a day goes, also what days that were missed should have let go; done again it changes nothing.
The row stays, as a tombstone that nobody is shown (C-03).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law import evidence
from law.disclosure.retention import Retention, retention, still_kept_from
from law.evidence import RecordStatus
from law.texts_in_force.governing import GoverningTexts
from law.texts_in_force.model import NotGraded
from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry.announce_changes import Why, save_records
from services.registry.retention import activations as governing
from services.registry.tables import Record, Subject

CHUNK = 200
# Said as the index of what is on file says it, or it would not be used.
KEPT = "record.status <> 'expired' AND NOT record.removed"
Place = tuple[date, str]  # of a record in the order of determination
START: Place = (date.min, "")


@dataclass(frozen=True)
class Done:
    """How many records a chunk let go, and where to go on; None at the end."""

    expired: int
    last: Place | None


def law_record(row: Record) -> evidence.Record:
    """A record as the law reads it."""
    return evidence.Record(
        id=row.record_id,
        kind=row.kind,
        determined_on=row.determined_on,
        entered_on=row.entered_on,
        occurred_on=row.occurred_on,
        severity=row.severity,
        status=row.status,
        status_on=row.status_on,
        verified=row.verified,
        final=row.final,
        contested=row.contested,
        points=row.points,
        source=row.source_ref,
    )


def kept(
    record: Record, owner: Subject, now: GoverningTexts, on: date
) -> tuple[str, Retention | None]:
    """The text that governs the archive on a day, and how long it keeps a record.

    Without such a text there is neither.
    """
    text = now.of_archive(owner.bureau, owner.sector, on)
    if isinstance(text, NotGraded):
        return "", None
    since = now.of_archive_since(owner.bureau, owner.sector, on)
    return text.id, retention(text.id, law_record(record), on, since)


async def expire_due(change: Change, as_of: date, after: Place = START) -> Done:
    """Lets the next records go whose time is over by a day.

    One audit entry per chunk and article, with every id (D-10).
    """
    now = await governing.load(change.session)
    rows = await _old(change.session, as_of, now, after)
    gone: defaultdict[str, list[Record]] = defaultdict(list)
    for row, owner in rows:
        if ended := _ended(row, owner, now, as_of):
            _expire(row, ended[0])
            gone[ended[1]].append(row)
    for cite, records in gone.items():
        await save_records(change, records, Why(events.CAUSE_EXPIRED, cite))
        _audit(change, as_of, cite, records)
    return Done(sum(map(len, gone.values())), _last(rows))


async def overdue(session: AsyncSession, as_of: date) -> list[str]:
    """The records still on file that should be gone by a day."""
    now = await governing.load(session)
    found: list[str] = []
    after: Place | None = START
    while after is not None:
        rows = await _old(session, as_of, now, after, lock=False)
        found += [row.record_id for row, owner in rows if _ended(row, owner, now, as_of)]
        after = _last(rows)
    return found


async def _old(
    session: AsyncSession, as_of: date, now: GoverningTexts, after: Place, *, lock: bool = True
) -> Sequence[tuple[Record, Subject]]:
    """The next records on file that are old enough for the text of their archive to let go."""
    wanted = (
        select(Record, Subject)
        .join(Subject, col(Subject.subject_id) == col(Record.subject_id))
        .where(sa.text(KEPT))
        .where(await _may_be_gone(session, as_of, now))
        .where(sa.tuple_(col(Record.determined_on), col(Record.record_id)) > _place(after))
        .order_by(col(Record.determined_on), col(Record.record_id))
        .limit(CHUNK)
    )
    if lock:
        wanted = wanted.with_for_update(of=Record)
    return (await session.exec(wanted)).all()


async def _may_be_gone(
    session: AsyncSession, as_of: date, now: GoverningTexts
) -> sa.ColumnElement[bool]:
    """Where a subject is and what it does decide on the text: there are few such combinations."""
    archives = select(Subject.bureau, Subject.sector).distinct()
    by_day: defaultdict[date, list[tuple[str, str]]] = defaultdict(list)
    for bureau, sector in (await session.exec(archives)).all():
        text = now.of_archive(bureau, sector, as_of)
        first = None if isinstance(text, NotGraded) else still_kept_from(text.id, as_of)
        if first is not None:
            by_day[first].append((bureau, sector))
    return sa.or_(
        sa.false(),
        *(
            sa.and_(
                col(Record.determined_on) < first,
                sa.tuple_(col(Subject.bureau), col(Subject.sector)).in_(archives_of),
            )
            for first, archives_of in by_day.items()
        ),
    )


def _ended(
    row: Record, owner: Subject, now: GoverningTexts, as_of: date
) -> tuple[date, str] | None:
    """The first day without a record, if that is not after `as_of`, and the article."""
    _, periods = kept(row, owner, now, as_of)
    if periods is None or periods.removed_on is None or periods.removed_on > as_of:
        return None
    # A text that lets go sooner lets go from its own first day, never before.
    since = now.of_archive_since(owner.bureau, owner.sector, as_of)
    return max(periods.removed_on, since), periods.removal_cite


def _expire(row: Record, ended_on: date) -> None:
    if row.status is RecordStatus.ACTIVE:
        row.status_on = ended_on
    # What had ended before has not stood since; from when is not forgotten.
    row.status = RecordStatus.EXPIRED


def _audit(change: Change, as_of: date, cite: str, records: Iterable[Record]) -> None:
    ids = [row.record_id for row in records]
    natural = sum(not row.kind.positive for row in records)
    after = {
        "through": as_of.isoformat(),
        "records": ids,
        "natural_repairs": natural,
        "digest": sha256(",".join(ids).encode()).hexdigest(),
    }
    change.audit("expire_records", "retention/daily", after=after, ground=cite)


def _last(rows: Sequence[tuple[Record, Subject]]) -> Place | None:
    return (rows[-1][0].determined_on, rows[-1][0].record_id) if rows else None


def _place(after: Place) -> sa.Tuple:
    determined_on, record_id = after
    return sa.tuple_(sa.literal(determined_on, sa.Date), sa.literal(record_id, sa.String))

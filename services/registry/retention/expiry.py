"""Computes how long records are kept, and removes them from the archive (S3 18, 19; C-01).

For an adverse record, leaving the archive is natural repair. Once a day, every record leaves whose
retention period has ended by that day; so the next run makes up for a missed day, and a second run
changes nothing. The row stays as a tombstone that nobody is shown (C-03).
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
from services.registry.announce_changes import Cause, save_records
from services.registry.retention import activations as governing
from services.registry.sameness.finding import look_at_known
from services.registry.sameness.places import of_this_record
from services.registry.tables import Record, Subject

CHUNK = 200
# The condition of the index `ix_record_kept`, word for word, so that the index is used.
ON_FILE = "record.status <> 'expired' AND NOT record.removed"
Place = tuple[date, str]  # determined_on and record_id: the order in which records are expired
START: Place = (date.min, "")


@dataclass(frozen=True)
class Chunk:
    """The result of expiring one chunk of records.

    `expired` is their number; `last` is the place from which the next chunk continues, None at the
    end.
    """

    expired: int
    last: Place | None


def law_record(row: Record) -> evidence.Record:
    """Converts a record of the register to a record of the law package."""
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
    """Returns the ruleset that governs a record's archive on a day, and the record's periods.

    The ruleset is given by its id. The periods are those of the record's use as evidence, its
    disclosure and its time in the archive. Returns an empty id and None if no ruleset governs.
    """
    text = now.of_archive(owner.bureau, owner.sector, on)
    if isinstance(text, NotGraded):
        return "", None
    since = now.of_archive_since(owner.bureau, owner.sector, on)
    return text.id, retention(text.id, law_record(record), on, since)


async def expire_due(change: Change, as_of: date, after: Place = START) -> Chunk:
    """Expires the next chunk of records whose retention period has ended by the day `as_of`.

    `after` is the place of the last record of the chunk before: its day of determination and its
    id. Writes one audit entry for each article, with the id of every record (D-10).
    """
    now = await governing.load(change.session)
    rows = await _old(change.session, as_of, now, after)
    expired: defaultdict[str, list[Record]] = defaultdict(list)
    repaired: defaultdict[str, list[Record]] = defaultdict(list)
    for row, owner in rows:
        if end := end_of(row, owner, now, as_of):
            ended_on, cite = end
            in_force = row.status is RecordStatus.ACTIVE and not row.kind.positive
            (repaired if in_force else expired)[cite].append(row)
            _expire(row, ended_on)
    for cite in sorted({*expired, *repaired}):
        natural, others = repaired[cite], expired[cite]
        await save_records(change, natural, Cause(events.CAUSE_NATURAL_REPAIR, cite))
        await save_records(change, others, Cause(events.CAUSE_EXPIRED, cite))
        await look_at_known(change, map(of_this_record, (*natural, *others)))
        _audit(change, as_of, cite, [*natural, *others], natural=len(natural))
    return Chunk(sum(map(len, (*expired.values(), *repaired.values()))), _last(rows))


async def overdue(session: AsyncSession, as_of: date) -> list[str]:
    """Returns the ids of records still on file although their retention ended by `as_of`."""
    now = await governing.load(session)
    overdue: list[str] = []
    after: Place | None = START
    while after is not None:
        rows = await _old(session, as_of, now, after, lock=False)
        overdue += [row.record_id for row, owner in rows if end_of(row, owner, now, as_of)]
        after = _last(rows)
    return overdue


async def _old(
    session: AsyncSession, as_of: date, now: GoverningTexts, after: Place, *, lock: bool = True
) -> Sequence[tuple[Record, Subject]]:
    """The next records on file that are old enough for the text of their archive to expire them."""
    rows = (
        select(Record, Subject)
        .join(Subject, col(Subject.subject_id) == col(Record.subject_id))
        .where(sa.text(ON_FILE))
        .where(await _may_be_over(session, as_of, now))
        .where(sa.tuple_(col(Record.determined_on), col(Record.record_id)) > _place(after))
        .order_by(col(Record.determined_on), col(Record.record_id))
        .limit(CHUNK)
    )
    if lock:
        rows = rows.with_for_update(of=Record)
    return (await session.exec(rows)).all()


async def _may_be_over(
    session: AsyncSession, as_of: date, now: GoverningTexts
) -> sa.ColumnElement[bool]:
    """Records determined so early that their text may expire them by a day.

    The text depends on the bureau and the sector of a subject; there are few such combinations.
    """
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


def end_of(
    row: Record, owner: Subject, now: GoverningTexts, as_of: date
) -> tuple[date, str] | None:
    """Returns the first day on which a record is gone, and the article.

    Returns None if the record is still kept on the day `as_of`.
    """
    _, periods = kept(row, owner, now, as_of)
    if periods is None or periods.removed_on is None or periods.removed_on > as_of:
        return None
    # A text with a shorter period applies from its own first day on, never before.
    since = now.of_archive_since(owner.bureau, owner.sector, as_of)
    return max(periods.removed_on, since), periods.removal_cite


def _expire(row: Record, ended_on: date) -> None:
    if row.status is RecordStatus.ACTIVE:
        row.status_on = ended_on
    # A record that ended before keeps the day on which it ended.
    row.status = RecordStatus.EXPIRED


def _audit(
    change: Change, as_of: date, cite: str, records: Iterable[Record], *, natural: int
) -> None:
    ids = [row.record_id for row in records]
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

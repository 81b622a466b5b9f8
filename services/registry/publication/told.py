"""Whether the subject of an adverse record has been told of it; a change must be told again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.evidence import RecordStatus
from plumbing.chunks import chunks
from services.registry.publication.standing import IDS_IN_QUERY, content_of
from services.registry.publication.tables import Telling
from services.registry.tables import Record


async def tellings(
    session: AsyncSession, record_ids: Iterable[str], *, lock: bool = False
) -> Mapping[str, Telling]:
    """Returns what is on file about the telling of records, by the ids of the records."""
    found: dict[str, Telling] = {}
    for ids in chunks(sorted(record_ids), IDS_IN_QUERY):
        rows = select(Telling).where(col(Telling.record_id).in_(ids))
        rows = rows.with_for_update() if lock else rows
        found |= {row.record_id: row for row in await session.exec(rows)}
    return found


def is_told(record: Record, row: Telling | None) -> bool:
    """Returns whether the subject was told of a record as it stands."""
    return row is not None and row.told_on is not None and row.content == content_of(record)


def is_untold(record: Record, row: Telling | None) -> bool:
    """Returns whether the subject has to be told of a record, and nobody has told it."""
    owed = not record.kind.positive and record.status is RecordStatus.ACTIVE
    return owed and not is_told(record, row)


async def forget_changed(session: AsyncSession, records: Sequence[Record]) -> None:
    """Forgets the telling of records whose content is no longer what the subject was told of."""
    changed = [record for record in records if record.version > 1]
    rows = await tellings(session, (record.record_id for record in changed), lock=True)
    for record in changed:
        row = rows.get(record.record_id)
        if row is not None and row.told_on is not None and not is_told(record, row):
            row.sqlmodel_update(Telling(record_id=record.record_id).model_dump())

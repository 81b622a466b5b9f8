"""The replies of subjects to records: which are on file, and which the public is shown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.chunks import chunks
from services.registry.publication.standing import IDS_IN_QUERY, content_of
from services.registry.publication.tables import Reply, ReplyState
from services.registry.tables import Record


async def replies(
    session: AsyncSession, record_ids: Iterable[str], *, lock: bool = False
) -> Mapping[str, Reply]:
    """Returns the replies to records, by the ids of the records."""
    found: dict[str, Reply] = {}
    for ids in chunks(sorted(record_ids), IDS_IN_QUERY):
        rows = select(Reply).where(col(Reply.record_id).in_(ids))
        rows = rows.with_for_update() if lock else rows
        found |= {row.record_id: row for row in await session.exec(rows)}
    return found


def is_present(record: Record, row: Reply) -> bool:
    """Returns whether a reply belongs to a record as it stands."""
    return row.content == content_of(record)


def public_reply(record: Record, row: Reply | None) -> str:
    """Returns the reply that the public is shown beside a record; empty without one."""
    if row is None or row.state is not ReplyState.RELEASED or not is_present(record, row):
        return ""
    return row.released

"""Says again whether records are public that take the place of others."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import col, select

from plumbing.change import Change
from services.registry.announce_changes import Cause, announce_publications
from services.registry.publication.standing import decisions
from services.registry.tables import Record


async def say_again(change: Change, record_ids: Iterable[str], cause: Cause) -> None:
    """Announces where the publication of these records stands, of those that were reviewed.

    Whoever tells the public of a record that was joined to one of these tells of this one now.
    """
    rows = await decisions(change.session, record_ids, lock=True)
    query = select(Record).where(col(Record.record_id).in_(list(rows)))
    records = (await change.session.exec(query)).all()
    pairs = [(record, rows[record.record_id]) for record in records]
    await announce_publications(change, pairs, cause)

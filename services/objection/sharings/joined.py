"""Sharings of a record that was removed in a joining become sharings of the same one that stays.

So its receiver goes on hearing of what becomes of the record; an undone joining turns that back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import col

from plumbing.change import Change
from services.objection.sharings.tables import SharedRecord, Sharing


async def follow_records(
    change: Change, sharings: Sequence[Sharing], same: Mapping[str, str]
) -> dict[str, list[str]]:
    """Puts the records that stay in place of those that are the same and were removed.

    Returns what each sharing that it changed was of before, by the id of the sharing.
    """
    before = {
        one.sharing_id: one.record_ids
        for one in sharings
        if not same.keys().isdisjoint(one.record_ids)
    }
    for one in sharings:
        if one.sharing_id in before:
            stay = dict.fromkeys(same.get(record_id, record_id) for record_id in one.record_ids)
            await _become(change, one, list(stay))
    return before


async def turn_back(
    change: Change, sharings: Sequence[Sharing], before: Mapping[str, list[str]]
) -> None:
    """Gives sharings the records back that `follow_records` took from them."""
    for one in sharings:
        if one.sharing_id in before:
            await _become(change, one, before[one.sharing_id])


async def _become(change: Change, sharing: Sharing, record_ids: list[str]) -> None:
    links = sa.delete(SharedRecord).where(col(SharedRecord.sharing_id) == sharing.sharing_id)
    await change.session.exec(links)
    change.session.add_all(
        SharedRecord(record_id=one, sharing_id=sharing.sharing_id) for one in record_ids
    )
    sharing.record_ids = record_ids
    change.session.add(sharing)

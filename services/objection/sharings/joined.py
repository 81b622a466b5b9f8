"""Sharings of a record that was removed in a joining become sharings of the same one that stays.

So its receiver goes on hearing of what becomes of the record. It also hears of cases that were open
then, which are about the one that was removed. An undone joining turns that back.
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

    Both are linked to the sharing from then on. Returns what each sharing that it changed was of
    before, by the id of the sharing.
    """
    before = {
        one.sharing_id: one.record_ids
        for one in sharings
        if not same.keys().isdisjoint(one.record_ids)
    }
    for one in sharings:
        if one.sharing_id in before:
            was = one.record_ids
            one.record_ids = [*dict.fromkeys(same.get(record_id, record_id) for record_id in was)]
            change.session.add(one)
            for record_id in one.record_ids:
                await change.session.merge(
                    SharedRecord(record_id=record_id, sharing_id=one.sharing_id)
                )
    return before


async def turn_back(
    change: Change, sharings: Sequence[Sharing], before: Mapping[str, list[str]]
) -> None:
    """Gives sharings the records back that `follow_records` took from them."""
    for one in sharings:
        if one.sharing_id not in before:
            continue
        stayed = set(one.record_ids).difference(before[one.sharing_id])
        links = sa.delete(SharedRecord).where(
            col(SharedRecord.sharing_id) == one.sharing_id,
            col(SharedRecord.record_id).in_(sorted(stayed)),
        )
        await change.session.exec(links)
        one.record_ids = before[one.sharing_id]
        change.session.add(one)

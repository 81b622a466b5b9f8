"""The log of an instrument that is joined to another one goes with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlmodel import col, select

from plumbing.change import Change
from services.registry.upkeep.tables import UpkeepEntry


async def join_upkeep(
    change: Change, kept_id: str, former_ids: Collection[str]
) -> Mapping[str, str]:
    """Gives the entries of joined instruments to the one that stays.

    Returns the former instrument of each by the id of the entry.
    """
    rows = select(UpkeepEntry).where(col(UpkeepEntry.instrument_id).in_(former_ids))
    moved = {}
    for row in (await change.session.exec(rows.with_for_update())).all():
        moved[row.upkeep_id] = row.instrument_id
        row.instrument_id = kept_id
        change.session.add(row)
    await change.session.flush()
    return moved

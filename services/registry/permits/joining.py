"""What becomes of the permits of two subjects that are joined, and when that is undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from services.registry.announce_changes import Cause, save_permits
from services.registry.permits.authorities import Authorities
from services.registry.permits.tables import Permit


async def join_permits(
    change: Change, kept_id: str, joined_id: str, cause: Cause
) -> dict[str, list[str]]:
    """Gives the permits of the subject that goes to the one that stays.

    One that both have is removed; what a person said of it is kept with the other, unless that has
    an end of its own. Returns the ids of those that went, of those that are removed, and of those
    that took an end, for `part_permits`.
    """
    own, came = await _of(change, kept_id), await _of(change, joined_id)
    authorities = Authorities(one.model_dump() for one in (*own, *came))
    known = {_key(authorities, one): one for one in own}
    ended = []
    for one in came:
        same = known.get(_key(authorities, one))
        one.removed = same is not None
        if same is not None and one.ended and not same.ended:
            same.ended, same.ended_on, same.ended_ground = _said(one)
            ended.append(same)
    doubled, went = ([one for one in came if one.removed is gone] for gone in (True, False))
    await save_permits(change, [*doubled, *ended], cause)
    for one in went:
        one.subject_id = kept_id
    await save_permits(change, went, cause)
    named = {"permits": went, "doubled_permits": doubled, "ended_permits": ended}
    return {name: [one.permit_id for one in rows] for name, rows in named.items()}


async def part_permits(
    change: Change, moved: Mapping[str, Any], joined_id: str, cause: Cause
) -> None:
    """Gives the permits back that a joining moved; joinings of earlier releases know none.

    One that took an end loses it again, but not another one that a person has said since.
    """
    went, doubled, ended = [
        [await change.session.get_one(Permit, one) for one in sorted(moved.get(name, ()))]
        for name in ("permits", "doubled_permits", "ended_permits")
    ]
    for one in went:
        one.subject_id = joined_id
    for one in doubled:
        one.removed = False
    taken = [_said(one) for one in doubled]
    for one in ended:
        if _said(one) in taken:
            one.ended, one.ended_on, one.ended_ground = "", None, ""
    await save_permits(change, [*went, *doubled, *ended], cause)


async def _of(change: Change, subject_id: str) -> Sequence[Permit]:
    rows = select(Permit).where(Permit.subject_id == subject_id, sa.not_(col(Permit.removed)))
    return (await change.session.exec(rows.with_for_update())).all()


def _key(authorities: Authorities, row: Permit) -> tuple[str, str]:
    return row.number_key, authorities.of(row.model_dump())


def _said(row: Permit) -> tuple[str, date | None, str]:
    """What a person said of a permit."""
    return row.ended, row.ended_on, row.ended_ground

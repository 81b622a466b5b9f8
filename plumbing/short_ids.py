"""Finds a row by its full id or by the beginning of its id, because lists show short ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import InvalidInput

LEAST = 6  # characters; a shorter text finds nothing
LISTED = 5  # ids that the refusal of an ambiguous beginning lists
_LAST = "zzzz"  # sorts after whatever follows in an id
Row = TypeVar("Row")


async def find_by_id(
    session: AsyncSession,
    model: type[Row],
    given: str,
    *conditions: Callable[[], sa.ColumnElement[bool]] | sa.ColumnElement[bool],
    lock: bool = False,
) -> Row | None:
    """Returns the row with the id `given`, or else the only row whose id begins with `given`.

    Returns None if there is no such row; fewer than 6 characters match only a full id. `conditions`
    limit the rows found by the beginning of an id, usually to those that the caller may see; a full
    id finds any row. One that is costly to build is given as a function. Raises InvalidInput if
    several ids begin with `given`; it lists the first of them if there are conditions.
    """
    row = await session.get(model, given, with_for_update=lock)
    if row is not None or len(given) < LEAST:
        return row
    key: Any = sa.inspect(model, raiseerr=True).primary_key[0]
    # The range lets the database use its index, which a condition on the beginning alone does not.
    begins = (key >= given, key <= given + _LAST, key.startswith(given, autoescape=True))
    built = (one if isinstance(one, sa.ColumnElement) else one() for one in conditions)
    among = select(key).where(*begins, *built).order_by(key).limit(LISTED + 1)
    ids = [str(value) for value in (await session.exec(among)).all()]
    if len(ids) > 1:
        # Without conditions an id may belong to a row that the caller must not see.
        raise _ambiguous(given, ids if conditions else [])
    return await session.get(model, ids[0], with_for_update=lock) if ids else None


def _ambiguous(given: str, ids: list[str]) -> InvalidInput:
    zh = f"有多项的编号以 {given} 开头，请多写几位"
    en = f"Several ids begin with {given}; write more of it"
    if ids:
        more_zh, more_en = ("等", " and others") if len(ids) > LISTED else ("", "")
        zh += f"：{'、'.join(ids[:LISTED])}{more_zh}"
        en += f": {', '.join(ids[:LISTED])}{more_en}"
    return InvalidInput(zh, en, given=given)

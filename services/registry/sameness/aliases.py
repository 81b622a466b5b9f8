"""What a thing was known as before, so that an old id or credit code still leads to it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Change
from plumbing.chunks import chunks
from services.registry.sameness.tables import Alias

SUBJECT, INSTRUMENT, CREDIT_CODE = "subject", "instrument", "credit_code"
CODES_IN_QUERY = 400


async def present_id(session: AsyncSession, kind: str, former_id: str) -> str:
    """Returns the id of what bore an id or credit code before; empty if nothing did."""
    row = await session.get(Alias, (kind, former_id))
    return row.present_id if row else ""


async def present_ids(session: AsyncSession, codes: Collection[str]) -> dict[str, str]:
    """Returns the id of the subject that had each of these credit codes, by the code."""
    found: dict[str, str] = {}
    for chunk in chunks(sorted(set(codes)), CODES_IN_QUERY):
        rows = select(Alias).where(Alias.kind == CREDIT_CODE, col(Alias.former_id).in_(chunk))
        found |= {row.former_id: row.present_id for row in await session.exec(rows)}
    return found


async def lead(
    change: Change, kind: str, former_id: str, to: str, moved: dict[str, Any] | None = None
) -> None:
    """Makes a former id or credit code lead to another thing, with whatever led to it before."""
    former = await change.session.exec(
        select(Alias).where(Alias.kind == kind, Alias.present_id == former_id)
    )
    for row in former.all():
        row.present_id = to
    own = Alias(kind=kind, former_id=former_id, present_id=to, since=change.at, moved=moved)
    await change.session.merge(own)


async def follow_subject(change: Change, former_id: str, to: str) -> list[list[str]]:
    """Makes what led to a subject lead to another one; returns the kinds and former ids."""
    rows = await change.session.exec(
        select(Alias).where(
            Alias.present_id == former_id, col(Alias.kind).in_((SUBJECT, CREDIT_CODE))
        )
    )
    led = rows.all()
    for row in led:
        row.present_id = to
    return [[row.kind, row.former_id] for row in led]


async def forget(change: Change, kind: str, former_id: str, led_to: str) -> None:
    """Lets a former id or credit code lead nowhere, if it leads to this thing."""
    await change.session.exec(
        sa.delete(Alias).where(
            col(Alias.kind) == kind,
            col(Alias.former_id) == former_id,
            col(Alias.present_id) == led_to,
        )
    )

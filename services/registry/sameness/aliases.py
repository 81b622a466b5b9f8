"""What a thing was known as before, so that an old id or credit code still leads to it."""

from __future__ import annotations

from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Change
from services.registry.sameness.tables import Alias

SUBJECT, INSTRUMENT, CREDIT_CODE = "subject", "instrument", "credit_code"


async def present_id(session: AsyncSession, kind: str, former_id: str) -> str:
    """Returns the id of what bore an id or credit code before; empty if nothing did."""
    row = await session.get(Alias, (kind, former_id))
    return row.present_id if row else ""


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

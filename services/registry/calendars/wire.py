"""Converts loaded editions to messages."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.terms.arrangement import Arrangement
from plumbing.calendars.editions import arrangement_message
from protos.registry.v1 import calendars_pb2 as pb
from services.registry.calendars.tables import LoadedEdition
from services.registry.identity.tables import Account


async def editions(
    session: AsyncSession, rows: Sequence[LoadedEdition], *, people: bool = True
) -> list[pb.CalendarEdition]:
    """Converts editions to messages; `people` says whether with who loaded and decided them."""
    ids = {person for row in rows for person in (row.loaded_by, row.decided_by)}
    accounts = await session.exec(select(Account).where(col(Account.account_id).in_(ids)))
    names = {one.account_id: one.display_name or one.name for one in accounts}
    return [_message(row, names, people=people) for row in rows]


async def edition(session: AsyncSession, row: LoadedEdition) -> pb.CalendarEdition:
    """Converts one edition to a message, with the people."""
    [message] = await editions(session, [row])
    return message


def _message(row: LoadedEdition, names: dict[str, str], *, people: bool) -> pb.CalendarEdition:
    message = pb.CalendarEdition(
        edition_id=row.edition_id,
        arrangement=arrangement_message(Arrangement.from_json(row.arrangement)),
        state=row.state,
        number=row.number,
        ground=row.ground if people else "",
    )
    message.loaded_at.FromDatetime(row.loaded_at)
    if row.decided_at is not None:
        message.decided_at.FromDatetime(row.decided_at)
    if people:
        message.loaded_by, message.decided_by = row.loaded_by, row.decided_by
        message.loaded_by_name = names.get(row.loaded_by, "")
        message.decided_by_name = names.get(row.decided_by, "")
    return message

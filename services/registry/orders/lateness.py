"""Who is late with orders: told of an order as of its instrument in the list of colours (C-47)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import ColourBasis
from law.colours.lateness import Late, applied_in_time, owner_is_late, who
from plumbing.chunks import chunks
from protos.registry.v1 import orders_pb2 as pb
from services.registry.announce_changes import IDS_IN_QUERY
from services.registry.orders import wire
from services.registry.orders.tables import Order
from services.registry.orders.terms.figures import stated
from services.registry.red_alerts import basis_with, facts_of_several
from services.registry.tables import Instrument


async def messages(session: AsyncSession, rows: Sequence[Order], today: date) -> list[pb.Order]:
    """Returns the messages of orders, with who is late with each on a day."""
    open_ = {row.instrument_id for row in rows if row.due_on is not None}
    bases = await _bases(session, sorted(open_), today)
    terms = await stated(session, (row.terms_id for row in rows))
    return [
        wire.order(row, _late(row, bases.get(row.instrument_id), today), terms.get(row.terms_id))
        for row in rows
    ]


def _late(row: Order, basis: ColourBasis | None, today: date) -> Late:
    """Who is late with an order; of one that has ended, whether it was applied for too late."""
    in_time = applied_in_time(row.valid_until, row.applied_on)
    if row.due_on is None:
        return who(owner=row.valid_until is not None and not in_time, institution=False)
    owner = basis is not None and owner_is_late(basis.colour(today), basis.basis, in_time=in_time)
    return who(owner=owner, institution=today > row.due_on)


async def _bases(
    session: AsyncSession, ids: Sequence[str], today: date
) -> Mapping[str, ColourBasis]:
    """How the instruments with these ids stand; none for one that is in review or removed."""
    found, facts = dict[str, ColourBasis](), await facts_of_several(session, ids)
    for chunk in chunks(ids, IDS_IN_QUERY):
        rows = select(Instrument).where(col(Instrument.instrument_id).in_(chunk))
        for row in await session.exec(rows):
            if not (row.in_review or row.removed):
                key = row.instrument_id
                found[key] = basis_with(row.model_dump(), facts[key], today)
    return found

"""Whether an institution may verify the types of its orders: on a day, and until they are due."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.registry.institutions.tables import Authorisation, Institution
from services.registry.orders.tables import UNENDED, Order


async def authorised_types(session: AsyncSession, institution: str, on: date) -> set[str]:
    """Returns the types that the institution of this name may verify on a day."""
    valid = (
        select(Authorisation.type_code)
        .join(Institution)
        .where(
            Institution.name == institution,
            col(Authorisation.valid_from) <= on,
            col(Authorisation.valid_until) >= on,
        )
    )
    return set((await session.exec(valid)).all())


async def authorised_until(
    session: AsyncSession, institution_id: str, type_codes: Collection[str]
) -> date | None:
    """Returns the last day on which an institution may verify all of these types.

    As its authorisations stand; None if it may not verify one of them at all.
    """
    lasting = (
        select(Authorisation.type_code, sa.func.max(Authorisation.valid_until))
        .where(
            Authorisation.institution_id == institution_id,
            col(Authorisation.type_code).in_(type_codes),
        )
        .group_by(col(Authorisation.type_code))
    )
    until = dict((await session.exec(lasting)).all())
    return min(until.values()) if until.keys() >= {*type_codes} else None


async def count_outlasting(
    session: AsyncSession, institution: Institution, type_code: str, today: date
) -> int:
    """Counts the open orders for a type that are due after the last day of the authorisation."""
    last = await authorised_until(session, institution.institution_id, [type_code])
    needed = sa.func.coalesce(Order.appointed_on, Order.due_on)
    over = sa.true() if last is None or last < today else needed > last
    counted = sa.select(sa.func.count()).where(
        sa.text(UNENDED),
        col(Order.institution) == institution.name,
        col(Order.type_code) == type_code,
        over,
    )
    return int((await (await session.connection()).execute(counted)).scalar_one())

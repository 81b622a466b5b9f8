"""Reads what an expected day follows from: the queue of an institution, and what it states."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from law.terms.workdays import edition
from plumbing import paging
from plumbing.capacities import Figure
from plumbing.view import View
from services.registry.institutions.tables import Capacity, Institution
from services.registry.orders.expecting import Expected, expect
from services.registry.orders.tables import UNENDED, Order, OrderStep


async def queue(view: View, institution: str, before: Order | None = None) -> Counter[str]:
    """Counts the orders of an institution that have not ended, by type.

    With `before`, only those that came before this order. At most 10,000 are counted.
    """
    waiting = select(Order.type_code).where(sa.text(UNENDED), Order.institution == institution)
    if before is not None:
        first = (OrderStep.order_id == before.order_id, OrderStep.number == 1)
        came = select(OrderStep.at).where(*first).scalar_subquery()
        earlier = sa.tuple_(OrderStep.at, OrderStep.order_id) < sa.tuple_(came, before.order_id)
        of_order = sa.and_(
            col(OrderStep.order_id) == Order.order_id, col(OrderStep.number) == 1, earlier
        )
        waiting = waiting.where(sa.exists().where(of_order))
    some = waiting.limit(paging.MOST_COUNTED).subquery()
    counted = select(some.c.type_code, sa.func.count()).group_by(some.c.type_code)
    return Counter(dict((await view.session.exec(counted)).all()))


async def of_application(
    view: View, institution_id: str, waiting: Mapping[str, int], wanted: Mapping[str, int]
) -> Expected:
    """Returns when an institution is expected to complete an application of today."""
    figures = await _figures(view, institution_id)
    return expect(waiting, wanted, figures, view.today, edition())


async def of_order(view: View, row: Order) -> Expected:
    """Returns when the institution of an order is expected to complete it, from today on."""
    named = select(Institution.institution_id).where(Institution.name == row.institution)
    institution_id = (await view.session.exec(named)).first() or ""
    waiting = await queue(view, row.institution, before=row)
    return await of_application(view, institution_id, waiting, {row.type_code: 1})


async def _figures(view: View, institution_id: str) -> Sequence[Figure]:
    rows = select(Capacity).where(Capacity.institution_id == institution_id)
    return [
        Figure(frozenset(row.type_codes), row.per_day, row.from_on)
        for row in (await view.session.exec(rows.order_by(col(Capacity.from_on)))).all()
    ]

"""Orders that a replica of a former release accepted while a newer one served beside it.

It gave them their last day by the law's data, and left the figure of the acceptance in their row,
by which a newer calendar or a result that is taken back would count again.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change, Changes
from plumbing.clock import local_date
from plumbing.identity import service_caller
from services.registry.orders.states import OPEN, OrderState
from services.registry.orders.tables import UNENDED, Order, OrderStep
from services.registry.orders.terms.figures import TermKind, of_law
from services.registry.orders.wire import term_of

_CALLER, _ACTION = service_caller("registry"), "settle_order_term"
_ORDERS_AT_ONCE = 200
_ACCEPTED = [one for one in OPEN if one is not OrderState.APPLIED]


async def settle_terms(changes: Changes) -> None:
    """Gives such orders the figure that their last day follows from, which stays; audits each."""
    after, found = "", _ORDERS_AT_ONCE
    while found == _ORDERS_AT_ONCE:
        async with changes.change(_CALLER) as change:
            rows = (await change.session.exec(_accepted(after))).all()
            for row, accepted_at in rows:
                _settle(change, row, local_date(accepted_at))
        after, found = rows[-1][0].order_id if rows else "", len(rows)


def _accepted(after: str) -> Any:
    """The next accepted orders with a figure, each with when it was accepted."""
    first = select(sa.func.min(OrderStep.at)).where(
        col(OrderStep.order_id) == Order.order_id, OrderStep.state == OrderState.ACCEPTED
    )
    accepted_at = first.correlate(Order).scalar_subquery()
    return (
        select(Order, accepted_at)
        .where(
            sa.text(UNENDED),
            col(Order.state).in_(_ACCEPTED),
            col(Order.term_days) > 0,
            col(Order.order_id) > after,
            accepted_at.is_not(None),
        )
        .order_by(col(Order.order_id))
        .limit(_ORDERS_AT_ONCE)
        .with_for_update(of=Order)
    )


def _settle(change: Change, row: Order, accepted_on: date) -> None:
    law = of_law(TermKind.COMPLETION, accepted_on)
    by_law, by_row = law.last_day(accepted_on).date, term_of(row).last_day(accepted_on).date
    if row.due_on == by_row or row.due_on != by_law:
        return
    before = {"term_days": row.term_days, "terms_id": row.terms_id}
    row.term_days, row.terms_id = law.days, ""
    change.session.add(row)
    change.audit(
        _ACTION,
        f"order/{row.order_id}",
        before=before,
        after={"term_days": row.term_days, "terms_id": ""},
        bureau=row.bureau,
    )

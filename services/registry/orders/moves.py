"""Takes orders from state to state: the step, the day by which the next one is due, the event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Change
from plumbing.chunks import chunks
from protos.registry.v1 import events_pb2 as events
from services.registry.orders import wire
from services.registry.orders.states import OPEN, OrderState, answer_by, complete_by
from services.registry.orders.tables import UNENDED, Order, OrderStep
from services.registry.tables import Verification

IDS_IN_QUERY = 1000


async def step(
    change: Change,
    row: Order,
    state: OrderState,
    *,
    ground: str = "",
    appointed_on: date | None = None,
) -> None:
    """Takes an order to a state, keeps the step, and announces the order.

    The day by which the institution has to act is reckoned from the application, then from the
    acceptance; an order that has ended has none.
    """
    row.state = state
    row.due_on = _due_on(row, state, change.today)
    row.appointed_on = appointed_on or row.appointed_on
    row.version += 1
    change.session.add(row)
    await change.session.flush()
    change.session.add(
        OrderStep(
            order_id=row.order_id,
            number=row.version,
            state=state,
            at=change.at,
            by=change.on_behalf_of,
            ground=ground,
            appointed_on=appointed_on,
        )
    )
    await change.session.flush()
    message = events.OrdersChanged(orders=[wire.order(row, change.today)], ground=ground)
    message.at.FromDatetime(change.at)
    await change.announce(message, aggregate=f"subject/{row.subject_id}", bureau=row.bureau)


def _due_on(row: Order, state: OrderState, today: date) -> date | None:
    if state == OrderState.APPLIED:
        return answer_by(row.applied_on)
    if state == OrderState.ACCEPTED:
        return complete_by(today)
    return row.due_on if state in OPEN else None


async def complete(change: Change, verifications: Sequence[Verification]) -> None:
    """Completes the open orders whose institution has verified their instrument since.

    Files bring many verifications, of which few have an order.
    """
    by_instrument = {row.instrument_id: row for row in verifications if not row.removed}
    for ids in chunks(sorted(by_instrument), IDS_IN_QUERY):
        rows = select(Order).where(sa.text(UNENDED), col(Order.instrument_id).in_(ids))
        for order in (await change.session.exec(rows.with_for_update())).all():
            done = by_instrument[order.instrument_id]
            if _answers(order, done):
                order.verification_id = done.verification_id
                await step(change, order, OrderState.COMPLETED)


def _answers(order: Order, done: Verification) -> bool:
    return done.institution == order.institution and done.verified_on >= order.applied_on

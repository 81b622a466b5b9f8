"""Orders follow what the register learns later of their instrument and its owner.

An order that has not ended belongs to the present owner of its instrument, so that nobody else is
told of it or acts on it. One that has ended stays with the bureau that it was kept by. The order of
a scrapped instrument is withdrawn, unless its institution has received the instrument.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.rule import InstrumentState
from plumbing.change import Change
from services.registry.imported import imported
from services.registry.orders.moves import announce_moved, announce_steps, step, take_step
from services.registry.orders.states import BY_APPLICANT, OPEN, OrderState
from services.registry.orders.tables import UNENDED, Order
from services.registry.tables import Instrument

SCRAPPED = "器具已报废（the instrument was scrapped）"


async def follow_instruments(change: Change, *which: sa.ColumnElement[bool]) -> list[str]:
    """Gives open orders to the present owners and bureaus of their instruments; returns their ids.

    `which` are conditions on instruments.
    """
    differing = (
        select(Order, Instrument)
        .join(Instrument, col(Instrument.instrument_id) == Order.instrument_id)
        .where(
            sa.text(UNENDED),
            sa.or_(
                col(Order.subject_id) != Instrument.subject_id,
                col(Order.bureau) != Instrument.bureau,
            ),
            *which,
        )
        .order_by(col(Order.order_id))
    )
    rows = (await change.session.exec(differing)).all()
    for order, instrument in rows:
        order.subject_id, order.bureau = instrument.subject_id, instrument.bureau
    await change.session.flush()
    return [order.order_id for order, _ in rows]


async def follow_batch(change: Change, batch_id: str) -> None:
    """Does the same for what an import changed: instruments, and those of subjects."""
    named = ("instrument", Instrument.instrument_id), ("subject", Instrument.subject_id)
    for kind, about in named:
        await follow_instruments(change, col(about).in_(imported(batch_id, kind)))
    scrapped = col(Instrument.instrument_id).in_(imported(batch_id, "instrument"))
    await withdraw_of_scrapped(change, scrapped)


async def withdraw_of_scrapped(change: Change, *which: sa.ColumnElement[bool]) -> list[str]:
    """Withdraws the open orders of scrapped instruments; returns their ids.

    `which` are conditions on instruments. What an institution has received it refuses itself, or
    the bureau ends it. The institution is told, those of an owner together.
    """
    of_scrapped = (
        select(Order)
        .join(Instrument, col(Instrument.instrument_id) == Order.instrument_id)
        .where(
            sa.text(UNENDED),
            col(Order.state).in_(BY_APPLICANT),
            Instrument.state == InstrumentState.SCRAPPED,
            *which,
        )
        .order_by(col(Order.order_id))
        .with_for_update(of=Order)
    )
    rows = (await change.session.exec(of_scrapped)).all()
    for row in rows:
        before = row.model_dump(mode="json")
        await take_step(change, row, OrderState.WITHDRAWN, ground=SCRAPPED)
        after = row.model_dump(mode="json") | {"ground": SCRAPPED}
        about = f"order/{row.order_id}"
        change.audit("move_order", about, before=before, after=after, bureau=row.bureau)
    await announce_steps(change, rows, SCRAPPED)
    return [row.order_id for row in rows]


async def follow_subject(change: Change, former_id: str, present_id: str) -> list[str]:
    """Gives all orders of a subject to the one that it was joined to; returns their ids."""
    of_former = select(Order).where(col(Order.subject_id) == former_id).order_by(Order.order_id)
    rows = (await change.session.exec(of_former.with_for_update())).all()
    for order in rows:
        order.subject_id = present_id
    await change.session.flush()
    await follow_instruments(change, col(Instrument.subject_id) == present_id)
    return [order.order_id for order in rows]


async def join_orders(
    change: Change, kept: Instrument, former_ids: Collection[str], ground: str
) -> list[str]:
    """Gives the orders of joined instruments to the one that stays; returns their ids.

    An instrument has one open order: the one that has come furthest goes on, others are withdrawn.
    """
    ids = [kept.instrument_id, *former_ids]
    of_all = select(Order).where(col(Order.instrument_id).in_(ids)).order_by(Order.order_id)
    rows = (await change.session.exec(of_all.with_for_update())).all()
    for order in _overtaken(rows):
        await step(change, order, OrderState.WITHDRAWN, ground=ground)
    moved = [order for order in rows if order.instrument_id != kept.instrument_id]
    for order in moved:
        order.instrument_id = kept.instrument_id
        await announce_moved(change, order, ground)
    return [order.order_id for order in moved]


def _overtaken(rows: Sequence[Order]) -> Sequence[Order]:
    """The open orders but the one that has come furthest, the earliest among equals."""
    unended = [order for order in rows if order.state in OPEN]
    return sorted(unended, key=lambda one: (-OPEN.index(one.state), one.applied_on))[1:]

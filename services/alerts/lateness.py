"""Who is late with the verification of instruments: of one, in totals, and in SQL (C-47)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import Basis, colour_on
from law.colours.lateness import Application, Late, late, owner_is_late, who
from law.colours.rule import Colour, latest_valid_until
from plumbing.chunks import chunks
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.applying import APPLIES, applies
from services.alerts.escalation.red_alerts import ON_INSTRUMENT
from services.alerts.escalation.tables import UNENDED, AwaitedOrder
from services.alerts.instrument_filters import of_colour
from services.alerts.tables import ON_FILE, Alert, Instrument

IDS_PER_QUERY = 1000
_OF_INSTRUMENT = col(AwaitedOrder.instrument_id) == col(Instrument.instrument_id)
_OPEN = sa.text(UNENDED)
Condition = sa.ColumnElement[bool]


async def open_orders(
    session: AsyncSession, instrument_ids: Collection[str]
) -> Mapping[str, AwaitedOrder]:
    """Returns the order of each instrument that has not ended, by instrument id."""
    found = dict[str, AwaitedOrder]()
    for chunk in chunks(sorted(set(instrument_ids)), IDS_PER_QUERY):
        rows = select(AwaitedOrder).where(_OPEN, col(AwaitedOrder.instrument_id).in_(chunk))
        found |= {row.instrument_id: row for row in await session.exec(rows)}
    return found


def application(order: AwaitedOrder | None) -> Application | None:
    """Returns an order that has not ended as a fact for the law; None for one that has."""
    if order is None or order.due_on is None:
        return None
    return Application(order.in_time, order.due_on)


def state_lateness(
    message: pb.InstrumentColour | pb.Alert, row: Instrument, order: AwaitedOrder | None, on: date
) -> None:
    """States in a message who is late with the verification of an instrument, and its order."""
    colour = colour_on(row.standing, row.valid_until, on).colour
    message.late = late(colour, row.standing, application(order), on)
    if order is not None and order.due_on is not None:
        message.application.order_id = order.order_id
        message.application.institution = order.institution
        message.application.applied_on = order.applied_on.isoformat()
        message.application.due_on = order.due_on.isoformat()
        message.application.in_time = order.in_time


async def late_with(
    session: AsyncSession, orders: Sequence[AwaitedOrder], on: date
) -> list[tuple[AwaitedOrder, Late]]:
    """Returns each of these open orders with who is late with it on a day.

    The institution is whatever the colour of the instrument, once its term is over.
    """
    ids = [row.instrument_id for row in orders]
    rows = await session.exec(select(Instrument).where(col(Instrument.instrument_id).in_(ids)))
    known = {row.instrument_id: row for row in rows}
    return [(row, _late_with(row, known.get(row.instrument_id), on)) for row in orders]


def _late_with(order: AwaitedOrder, row: Instrument | None, on: date) -> Late:
    overdue = order.due_on is not None and on > order.due_on
    if row is None:
        return who(owner=False, institution=overdue)
    colour = colour_on(row.standing, row.valid_until, on).colour
    owner = owner_is_late(colour, row.standing, in_time=order.in_time)
    return who(owner=owner, institution=overdue)


async def note_late_alerts(view: View, alerts: Iterable[tuple[Alert, pb.Alert]]) -> None:
    """States in the messages of alerts who is late, where the alert tells how things stand."""
    by_instrument = dict[str, list[tuple[Alert, pb.Alert]]]()
    for row, message in alerts:
        by_instrument.setdefault(row.instrument_id, []).append((row, message))
    orders = await open_orders(view.session, by_instrument)
    for chunk in chunks(sorted(by_instrument), IDS_PER_QUERY):
        known = select(Instrument).where(col(Instrument.instrument_id).in_(chunk))
        for instrument in await view.session.exec(known):
            colour = colour_on(instrument.standing, instrument.valid_until, view.today).colour
            order = orders.get(instrument.instrument_id)
            for row, message in by_instrument[instrument.instrument_id]:
                if row.colour is colour and applies(row, instrument):
                    state_lateness(message, instrument, order, view.today)


def is_late(who: Late, on: date) -> Condition:
    """Returns the condition that `who` is late with an instrument, as `law.colours.lateness`."""
    ranked = col(Instrument.ranked_on)
    dated = col(Instrument.standing) == Basis.DATED
    in_time = dated & _has_order(col(AwaitedOrder.in_time))
    overdue = _has_order(col(AwaitedOrder.due_on) < on)
    owner = (ranked <= latest_valid_until(Colour.RED, on)) & ~in_time
    if who is Late.INSTITUTION:
        return (ranked <= latest_valid_until(Colour.YELLOW, on)) & overdue & ~owner
    return owner & (overdue if who is Late.BOTH else ~overdue)


def alert_is_late(who: Late, on: date) -> Condition:
    """Returns the condition that an alert tells how things stand, and `who` is late with it."""
    present = [
        (col(Alert.colour) == colour) & sa.and_(*of_colour(colour, on))
        for colour in (Colour.YELLOW, Colour.RED)
    ]
    standing = (ON_INSTRUMENT, APPLIES, sa.or_(*present), is_late(who, on))
    return sa.exists(sa.literal(1)).where(*standing).correlate(Alert)


def _has_order(condition: Any) -> Condition:
    found = sa.exists(sa.literal(1)).where(_OF_INSTRUMENT, _OPEN, condition)
    return found.correlate(Instrument)


async def count_late(view: View, reds: int, scoped: Iterable[Condition]) -> list[pb.LateTotal]:
    """Counts the instruments with which one is late today, of those with these conditions.

    `reds` is how many of them are red. Only those with an open order are read: of every other red
    one the owner is late.
    """
    columns = (
        *(col(Instrument.standing), col(Instrument.valid_until)),
        *(col(AwaitedOrder.in_time), col(AwaitedOrder.due_on)),
    )
    warned = col(Instrument.ranked_on) <= latest_valid_until(Colour.YELLOW, view.today)
    ordered: Any = sa.select(*columns, sa.func.count()).join(AwaitedOrder, _OF_INSTRUMENT)
    ordered = ordered.where(_OPEN, sa.text(ON_FILE), warned, *scoped).group_by(*columns)
    found = Counter[Late]()
    for basis, until, in_time, due_on, number in await _rows(view, ordered):
        colour = colour_on(basis, until, view.today).colour
        reds -= number * (colour is Colour.RED)
        found[late(colour, basis, Application(in_time, due_on), view.today)] += number
    found[Late.OWNER] += reds
    named = (Late.OWNER, Late.INSTITUTION, Late.BOTH)
    return [pb.LateTotal(late=one, instruments=found[one]) for one in named if found[one]]


async def _rows(view: View, statement: Any) -> list[Any]:
    return list((await (await view.session.connection()).execute(statement)).all())

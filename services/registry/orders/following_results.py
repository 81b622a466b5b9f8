"""Orders follow their results: one ends by a result, and is open again once that is no more.

A result goes where an import is undone; an import or a decided case may make it another one. Then
the order is as it was before, with the term that it had; one that was returned to its owner is
accepted, since it may have to be brought again. An open order belongs to the present owner of its
instrument. An instrument has one open order: where another one is open by then, the former one ends
as withdrawn; so does that of a scrapped instrument, unless its institution has received it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.rule import InstrumentState
from plumbing.change import Change
from plumbing.chunks import chunks
from plumbing.clock import local_date
from services.registry.announce_changes import IDS_IN_QUERY
from services.registry.imported import imported
from services.registry.orders.completing import complete, completes
from services.registry.orders.following import SCRAPPED
from services.registry.orders.moves import announce_steps, set_back, take_step
from services.registry.orders.states import BY_APPLICANT, OrderState
from services.registry.orders.tables import UNENDED, Order, OrderStep
from services.registry.orders.wire import term_of
from services.registry.tables import Instrument, Verification

_BY_RESULT = (OrderState.COMPLETED, OrderState.RETURNED)
_TOGETHER = 100  # orders in one event


async def follow_batch(change: Change, batch_id: str, ground: str) -> None:
    """Does what follows for orders from the verifications that an import made or changed."""
    results = imported(batch_id, "verification")
    await follow_results(change, col(Verification.verification_id).in_(results), ground)


async def follow_results(change: Change, which: sa.ColumnElement[bool], ground: str) -> None:
    """Reopens the orders that their results complete no more, and completes those that some do.

    `which` is a condition that selects the verifications that are new, changed or removed; `ground`
    says why a result is no longer what it was.
    """
    reopened = await _reopen(change, which, ground)
    await complete(change, which)
    for ids in chunks(sorted(reopened), IDS_IN_QUERY):
        await complete(change, col(Verification.instrument_id).in_(ids))


async def _reopen(change: Change, which: sa.ColumnElement[bool], ground: str) -> set[str]:
    """Takes back the orders that results completed which do so no more; returns the instruments."""
    of_result = sa.and_(
        col(Verification.instrument_id) == Order.instrument_id,
        col(Verification.verification_id) == Order.verification_id,
    )
    ended = which, col(Order.state).in_(_BY_RESULT), sa.not_(completes())
    named = select(Order.instrument_id).join(Verification, of_result).where(*ended)
    instruments = set((await change.session.exec(named)).all())
    for ids in chunks(sorted(instruments), IDS_IN_QUERY):
        kept = await _locked(change.session, ids)
        others = await _others_open(change.session, ids)
        query = select(Order).join(Verification, of_result)
        query = query.where(*ended, col(Order.instrument_id).in_(ids)).order_by(col(Order.order_id))
        rows = (await change.session.exec(query.with_for_update(of=Order))).all()
        steps, said = await _steps(change.session, rows), dict[str, str]()
        for row in sorted(rows, key=lambda one: one.applied_on, reverse=True):
            before, instrument = row.model_dump(mode="json"), kept[row.instrument_id]
            former = _former(row, steps[row.order_id])
            if row.instrument_id in others:
                said[row.order_id] = f"{ground}；这件器具已有新的检定申请"
            elif instrument.state == InstrumentState.SCRAPPED and former in BY_APPLICANT:
                said[row.order_id] = f"{ground}；{SCRAPPED}"
            if over := said.get(row.order_id):
                row.verification_id = ""
                await take_step(change, row, OrderState.WITHDRAWN, ground=over)
            else:
                others.add(row.instrument_id)
                row.subject_id, row.bureau = instrument.subject_id, instrument.bureau
                await _take_back(change, row, former, steps[row.order_id], ground)
            after, object_ = row.model_dump(mode="json"), f"order/{row.order_id}"
            what: Any = {"before": before, "after": after, "ground": ground}
            change.audit("reopen_order", object_, **what, bureau=row.bureau)
        await _announce(change, rows, ground, said)
    return instruments


async def _announce(
    change: Change, rows: Sequence[Order], ground: str, ended: Mapping[str, str]
) -> None:
    """Announces together the orders of one institution that are in one state now.

    `ended` says why those that are not open again have ended.
    """
    together = defaultdict[tuple[str, OrderState, str], list[Order]](list)
    for row in rows:
        together[row.institution, row.state, ended.get(row.order_id, "")].append(row)
    for (*_, why), alike in together.items():
        for some in chunks(alike, _TOGETHER):
            await announce_steps(change, some, why or ground, reopened=not why)


async def _locked(session: AsyncSession, instrument_ids: Sequence[str]) -> dict[str, Instrument]:
    """Instruments as they stand, by their ids; they are locked, so that no order is opened."""
    known = col(Instrument.instrument_id).in_(instrument_ids)
    query = select(Instrument).where(known).order_by(col(Instrument.instrument_id))
    locked = query.with_for_update().execution_options(populate_existing=True)
    return {row.instrument_id: row for row in (await session.exec(locked)).all()}


async def _others_open(session: AsyncSession, instrument_ids: Sequence[str]) -> set[str]:
    """The instruments that have an open order."""
    unended = select(Order.instrument_id).where(
        sa.text(UNENDED), col(Order.instrument_id).in_(instrument_ids)
    )
    return set((await session.exec(unended)).all())


async def _steps(session: AsyncSession, rows: Sequence[Order]) -> dict[str, list[OrderStep]]:
    """The steps of orders, in order."""
    of_orders = select(OrderStep).where(col(OrderStep.order_id).in_([row.order_id for row in rows]))
    found = defaultdict[str, list[OrderStep]](list)
    for step in (await session.exec(of_orders.order_by(col(OrderStep.number)))).all():
        found[step.order_id].append(step)
    return found


def _former(row: Order, steps: Sequence[OrderStep]) -> OrderState:
    """The state in which an order is without its result."""
    completed = _completion(steps).number
    former = [step.state for step in steps if step.number < completed][-1]
    brought_again = row.state is OrderState.RETURNED and former is not OrderState.APPLIED
    return OrderState.ACCEPTED if brought_again else former


def _completion(steps: Sequence[OrderStep]) -> OrderStep:
    return [step for step in steps if step.state is OrderState.COMPLETED][-1]


async def _take_back(
    change: Change, row: Order, former: OrderState, steps: Sequence[OrderStep], ground: str
) -> None:
    _completion(steps).late = False  # it is taken back, and counts no more
    row.state = former
    event_on = row.applied_on if former is OrderState.APPLIED else _accepted_on(row, steps)
    await set_back(change, row, term_of(row).last_day(event_on).date, ground)


def _accepted_on(row: Order, steps: Sequence[OrderStep]) -> date:
    """The day on which an order was accepted; that of the application if it never was."""
    days = (local_date(step.at) for step in steps if step.state is OrderState.ACCEPTED)
    return min(days, default=row.applied_on)

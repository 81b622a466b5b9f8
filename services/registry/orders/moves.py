"""Takes orders from state to state: the step, the day by which the next one is due, the event."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from plumbing.change import Change
from protos.registry.v1 import events_pb2 as events
from services.registry.orders import lateness
from services.registry.orders.states import BY_INSTITUTION, OPEN, OrderState, runs
from services.registry.orders.tables import Order, OrderStep
from services.registry.orders.terms.figures import figure

# The steps that show an institution late: its own, and the end of what it did not complete.
_OF_INSTITUTION = {OrderState.COMPLETED, OrderState.CANCELLED}.union(*BY_INSTITUTION.values())


async def step(
    change: Change,
    row: Order,
    state: OrderState,
    *,
    ground: str = "",
    appointed_on: date | None = None,
    done_on: date | None = None,
) -> None:
    """Takes an order to a state, as `take_step` does, and announces it."""
    await take_step(change, row, state, ground=ground, appointed_on=appointed_on, done_on=done_on)
    await announce_steps(change, [row], ground)


async def take_step(
    change: Change,
    row: Order,
    state: OrderState,
    *,
    ground: str = "",
    appointed_on: date | None = None,
    done_on: date | None = None,
) -> None:
    """Takes an order to a state, and keeps the step and whether it is late.

    The step was done today, unless `done_on` is another day. Whoever calls this announces the order
    with the others that took the same step.

    The day by which the institution has to act is reckoned from the application, then from the
    acceptance; an order that has ended has none.
    """
    done_late = row.due_on is not None and (done_on or change.today) > row.due_on
    late = done_late and state in _OF_INSTITUTION
    row.state = state
    await _begin_term(change, row)
    row.appointed_on = appointed_on or row.appointed_on
    await _keep(change, row, ground, appointed_on, late=late)


async def set_back(change: Change, row: Order, due_on: date, ground: str) -> None:
    """Gives an order that had ended its term again, as a step that is never late.

    Whoever calls this has set its state, and announces it with the others that were set back.
    """
    row.due_on, row.verification_id = due_on, ""
    await _keep(change, row, ground, None)


async def announce_steps(
    change: Change, rows: Iterable[Order], ground: str, *, reopened: bool = False
) -> None:
    """Announces orders that took the same step, those of one subject together."""
    by_owner = defaultdict[tuple[str, str], list[Order]](list)
    for row in rows:
        by_owner[row.subject_id, row.bureau].append(row)
    for owned in by_owner.values():
        await _announce(change, owned, ground, reopened=reopened)


async def move_due_day(change: Change, row: Order, due_on: date, ground: str) -> None:
    """Sets another last day for the next step of the institution, and announces the order."""
    row.due_on = due_on
    await _keep(change, row, ground, None)
    await _announce(change, [row], ground)


async def _keep(
    change: Change, row: Order, ground: str, appointed_on: date | None, *, late: bool = False
) -> None:
    """Keeps what an order has become as its next step."""
    row.version += 1
    change.session.add(row)
    await change.session.flush()
    change.session.add(
        OrderStep(
            order_id=row.order_id,
            number=row.version,
            state=row.state,
            at=change.at,
            by=change.on_behalf_of,
            ground=ground,
            appointed_on=appointed_on,
            late=late,
        )
    )
    await change.session.flush()


async def announce_moved(change: Change, row: Order, ground: str) -> None:
    """Announces an order that took no step, and belongs to another instrument now."""
    row.version += 1
    change.session.add(row)
    await change.session.flush()
    await _announce(change, [row], ground, moved=True)


async def _announce(
    change: Change,
    rows: Sequence[Order],
    ground: str,
    *,
    moved: bool = False,
    reopened: bool = False,
) -> None:
    """Announces orders of one subject."""
    orders = await lateness.messages(change.session, rows, change.today)
    message = events.OrdersChanged(orders=orders, ground=ground, moved=moved, reopened=reopened)
    message.at.FromDatetime(change.at)
    owner = f"subject/{rows[0].subject_id}"
    await change.announce(message, aggregate=owner, bureau=rows[0].bureau)


async def _begin_term(change: Change, row: Order) -> None:
    """Gives an order the term of its new state; the one that runs stays, and the end has none."""
    if row.state not in OPEN:
        row.due_on = None
    if row.state not in (OrderState.APPLIED, OrderState.ACCEPTED):
        return
    event_on = row.applied_on if row.state is OrderState.APPLIED else change.today
    term = await figure(change.session, row.bureau, runs(row.state), event_on)
    row.due_on = term.last_day(event_on).date
    row.term_days, row.terms_id = term.days, term.stated.terms_id if term.stated else ""

"""The steps after the reminder wait for an order made in time, and for a running objection.

An owner who applied while the verification was in force has done its part (S4 二(三)); what is
open then is the institution's to do (S4 二(四)). The colour stays red, so the instrument may not be
used. One that was rejected, or never verified, does not wait: its order cannot be in time.

While an objection or a reconsideration contests what the case rests on, its steps wait as well
(C-38): the instrument or its verification, or the grade or a record.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import Basis
from law.colours.lateness import applied_in_time
from law.courses import RED_ALERT
from law.errors import WrongState
from law.escalation import Step
from plumbing.change import Change
from plumbing.chunks import chunks
from protos.registry.v1 import orders_pb2 as orders
from services.alerts import wire
from services.alerts.escalation import contests
from services.alerts.escalation.filing import IDS_PER_QUERY, save, snapshot
from services.alerts.escalation.red_alerts import red_instruments
from services.alerts.escalation.steps import ground_of
from services.alerts.tables import (
    Alert,
    AwaitedOrder,
    Escalation,
    EscalationAlert,
    EscalationState,
)

CITE = "S4 二(三)"


async def put_order(change: Change, order: orders.Order) -> None:
    """Stores an order, unless a later version of it is on file."""
    row = await change.session.get(AwaitedOrder, order.order_id, with_for_update=True)
    if row is not None and row.version >= order.version:
        return
    until = wire.day(order.valid_until)
    applied_on = date.fromisoformat(order.applied_on)
    copy = AwaitedOrder(
        order_id=order.order_id,
        instrument_id=order.instrument_id,
        type_code=order.type_code,
        serial_no=order.serial_no,
        institution=order.institution,
        applied_on=applied_on,
        in_time=applied_in_time(until, applied_on),
        due_on=wire.day(order.due_on),
        appointed_on=wire.day(order.appointed_on),
        told_until=row.told_until if row else None,
        version=order.version,
    )
    await change.session.merge(copy)
    await change.session.flush()


async def waits(session: AsyncSession, case: Escalation) -> str:
    """Returns the article by which the next step of a case waits; empty if it does not wait.

    It waits after the reminder, while every red instrument of the case is excused or, of the case
    of a grade, while that is contested. An instrument is excused that is overdue and has an open
    order made in time, and one that is contested.
    """
    if case.step is Step.REMINDER:
        return ""
    if case.course != RED_ALERT:
        return contests.CITE if await contests.of_case(session, case) else ""
    red = await red_instruments(session, case)
    in_time = select(AwaitedOrder.instrument_id).where(
        col(AwaitedOrder.instrument_id).in_(red),
        col(AwaitedOrder.in_time),
        col(AwaitedOrder.due_on).is_not(None),
    )
    ordered = set(await session.exec(in_time))
    excused = {one for one, basis in red.items() if basis is Basis.DATED and one in ordered}
    contested = await contests.contested_instruments(session, case.subject_id)
    if not red or not red.keys() <= excused | contested:
        return ""
    if red.keys() <= excused:
        return CITE
    return f"{CITE}; {contests.CITE}" if excused - contested else contests.CITE


async def require_uncontested(session: AsyncSession, case: Escalation) -> None:
    """Raises WrongState if the step of a case waits because what it rests on is contested."""
    running = await contests.of_case(session, case)
    if running and await waits(session, case):
        numbers = "、".join(row.number for row in running)
        zh = f"所依据的信息正在异议或者复核（{numbers}），办结之前不采取这一步"
        en = f"What this step rests on is contested ({numbers}); it waits for the decision"
        raise WrongState(zh, en, cite=contests.CITE)


async def hold(change: Change, case: Escalation, ground: str) -> None:
    """Holds a case whose step is due; `ground` is the article by which it waits."""
    before = snapshot(case)
    case.state, case.waits_from, case.due_on = EscalationState.HELD, None, None
    await save(change, case, "hold_escalation", before, ground)


async def release(change: Change, subjects: Collection[str] | None = None) -> None:
    """Has the steps of held cases proposed today where nothing holds them any more.

    The ground is the article of the step, which nothing keeps from being taken now.
    `subjects` are those whose cases are looked at; None means all.
    """
    for case in await held_cases(change.session, subjects, lock=True):
        if not await waits(change.session, case):
            before = snapshot(case)
            case.state, case.due_on = EscalationState.WAITING, change.today
            ground = ground_of(change, case, case.step)
            await save(change, case, "release_escalation", before, ground)


async def held_cases(
    session: AsyncSession, subjects: Collection[str] | None = None, *, lock: bool = False
) -> Sequence[Escalation]:
    """Returns the held cases, of some subjects or of all; `lock` is for a change."""
    rows = select(Escalation).where(col(Escalation.state) == EscalationState.HELD)
    rows = rows.order_by(col(Escalation.escalation_id))
    rows = rows.with_for_update() if lock else rows
    if subjects is None:
        return (await session.exec(rows)).all()
    found = list[Escalation]()
    for chunk in chunks(sorted(subjects), IDS_PER_QUERY):
        found += await session.exec(rows.where(col(Escalation.subject_id).in_(chunk)))
    return found


async def open_orders(session: AsyncSession, case: Escalation) -> Sequence[AwaitedOrder]:
    """Returns the open orders for the instruments of a case, by serial number."""
    of_instruments = (
        select(Alert.instrument_id)
        .join(EscalationAlert, col(EscalationAlert.alert_id) == col(Alert.alert_id))
        .where(col(EscalationAlert.escalation_id) == case.escalation_id)
    )
    rows = select(AwaitedOrder).where(
        col(AwaitedOrder.instrument_id).in_(of_instruments),
        col(AwaitedOrder.due_on).is_not(None),
    )
    return (await session.exec(rows.order_by(AwaitedOrder.serial_no, AwaitedOrder.order_id))).all()

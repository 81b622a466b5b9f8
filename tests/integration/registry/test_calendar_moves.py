"""A new edition of the calendar moves the terms of open orders, whatever their day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import uuid4

from sqlalchemy import update
from sqlmodel import col

from law.terms.workdays import edition
from plumbing.change import Changes
from plumbing.clock import SandboxClock
from plumbing.identity import Role
from protos.registry.v1 import orders_pb2 as pb
from services.registry.calendars.moves import CalendarAdoption
from services.registry.orders.tables import Order
from tests.integration.registry.running_registry import (
    DISTRICT,
    OTHER_DISTRICT,
    RunningRegistry,
)
from tests.integration.registry.test_orders import application

LAB = "合成日历检定院"
APPLIED_ON, DUE_ON, MOVED_TO = date(2026, 8, 31), date(2026, 9, 7), date(2026, 9, 8)


async def overdue_order(registry: RunningRegistry, bureau: str) -> str:
    """An order that its institution should have answered a week ago."""
    owner = await registry.subject(bureau=bureau)
    instrument = await registry.instrument(owner)
    operator = registry.client(Role.OPERATOR, subject_id=owner.subject_id, name=uuid4().hex)
    asked = application([instrument.instrument_id], LAB)
    [order] = (await operator.orders.ApplyForVerification(asked)).orders
    of_order = update(Order).where(col(Order.order_id) == order.order_id)
    async with registry.database.transaction() as session:
        await session.exec(of_order.values(applied_on=APPLIED_ON, due_on=DUE_ON))
    return order.order_id


async def test_overdue_orders_are_counted_again_each_audited_for_its_bureau(
    registry: RunningRegistry,
) -> None:
    await registry.speaker(LAB, "FUEL")
    orders = {
        bureau: await overdue_order(registry, bureau) for bureau in (DISTRICT, OTHER_DISTRICT)
    }
    present = edition()
    newest = replace(present, number=present.number + 1, off=present.off | {date(2026, 9, 1)})
    changes = Changes(registry.database, SandboxClock(registry.settings.clock_file))
    for _ in range(2):  # the second time there is nothing left to move
        await CalendarAdoption(changes).adopt(newest)
    for bureau, order_id in orders.items():
        caseworker = registry.client(Role.CASEWORKER, bureau=bureau)
        shown = await caseworker.orders.GetOrder(pb.GetOrderRequest(order_id=order_id))
        assert shown.order.due_on == MOVED_TO.isoformat()
        [entry] = [
            one
            for one in await registry.audited(f"order/{order_id}")
            if one.action == "move_order_due"
        ]
        assert entry.bureau == bureau
        assert (entry.after or {})["due_on"] == MOVED_TO.isoformat()

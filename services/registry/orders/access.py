"""The rules on which orders a caller may see."""

from __future__ import annotations

import sqlalchemy as sa
from sqlmodel import col

from law.errors import NotFound
from plumbing import row_scope
from plumbing.change import Change
from plumbing.short_ids import find_by_id
from plumbing.view import View
from services.registry.institutions.reporting import is_institution, own_institution
from services.registry.orders.tables import Order


async def visible(by: Change | View) -> sa.ColumnElement[bool]:
    """Returns the query condition that selects the orders a caller may see."""
    if is_institution(by.caller):
        return col(Order.institution) == await own_institution(by.session, by.caller)
    return row_scope.seen(by.caller, Order.subject_id, Order.bureau)


async def find(by: Change | View, given: str, *, lock: bool = False) -> Order:
    """Returns an order by its id or the beginning of its id; `lock` locks its row for a change.

    Raises NotFound if the caller may see no such order.
    """
    row = await find_by_id(by.session, Order, given, await visible(by), lock=lock)
    if row is None or not await _sees(by, row):
        raise NotFound("没有该检定申请", "There is no such order", order=given)
    return row


async def _sees(by: Change | View, row: Order) -> bool:
    if is_institution(by.caller):
        return row.institution == await own_institution(by.session, by.caller)
    return by.caller.sees(row.subject_id, row.bureau)

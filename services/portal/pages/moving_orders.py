"""The applications for verification that go to another owner with an instrument."""

from __future__ import annotations

from collections.abc import Sequence

from plumbing.client import ask
from protos.registry.v1 import orders_pb2 as pb
from services.portal.visit import Visit


async def moving_orders(visit: Visit, instrument_id: str) -> Sequence[pb.Order]:
    """Returns the orders for an instrument that have not ended: at most one."""
    request = pb.ListOrdersRequest(instrument_id=instrument_id, open=True, page_size=1)
    return (await ask(visit.services.orders.ListOrders(request))).orders

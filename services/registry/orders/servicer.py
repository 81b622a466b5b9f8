"""The gRPC service for orders for verification."""

from __future__ import annotations

import asyncio
from typing import Any

from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from plumbing.settings import Settings
from protos.registry.v1 import orders_pb2 as pb
from protos.registry.v1 import orders_pb2_grpc as rpc
from services.registry.imports.read.limits import FileLimits
from services.registry.orders import commands, queries
from services.registry.orders.numbers import read_numbers
from services.registry.orders.terms import commands as terms
from services.registry.orders.terms import queries as of_terms


class OrderServicer(Servicer, rpc.OrderServiceServicer):
    """Takes applications for verification, and keeps the order books of institutions."""

    register = rpc.add_OrderServiceServicer_to_server

    def __init__(self, changes: Changes, settings: Settings) -> None:
        super().__init__(changes)
        self._limits = FileLimits.of(settings)

    ListVerifiers = query(queries.list_verifiers)
    ApplyForVerification = change(commands.apply_for_verification)
    ListOrders = query(queries.list_orders)
    GetOrder = query(queries.get_order)
    MoveOrders = change(commands.move_orders)
    PutOrderTerms = change(terms.put_order_terms)
    ListOrderTerms = query(of_terms.list_order_terms)

    async def ReadInstrumentNumbers(
        self, request: pb.ReadInstrumentNumbersRequest, context: Any
    ) -> pb.ReadInstrumentNumbersResponse:
        return await asyncio.to_thread(read_numbers, request.content, self._limits)

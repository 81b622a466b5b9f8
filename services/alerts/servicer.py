"""gRPC in → command or query → gRPC out."""

from __future__ import annotations

from typing import Any

import grpc

from plumbing.change import Changes
from plumbing.identity import current_caller
from protos.alerts.v1 import alerts_pb2 as pb
from protos.alerts.v1 import alerts_pb2_grpc as rpc
from services.alerts import commands, queries


class AlertsServicer(rpc.AlertsServiceServicer):
    """Reads colours, alerts and notices."""

    def __init__(self, changes: Changes) -> None:
        self._changes, self._database, self._clock = changes, changes.database, changes.clock

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_AlertsServiceServicer_to_server(self, server)

    async def SummariseColours(
        self, request: pb.SummariseColoursRequest, context: Any
    ) -> pb.SummariseColoursResponse:
        today = self._clock.today()
        async with self._database.snapshot() as session:
            return await queries.summarise_colours(session, current_caller(), request, today)

    async def ListColours(
        self, request: pb.ListColoursRequest, context: Any
    ) -> pb.ListColoursResponse:
        today = self._clock.today()
        async with self._database.snapshot() as session:
            return await queries.list_colours(session, current_caller(), request, today)

    async def ListAlerts(
        self, request: pb.ListAlertsRequest, context: Any
    ) -> pb.ListAlertsResponse:
        async with self._database.snapshot() as session:
            return await queries.list_alerts(session, current_caller(), request)

    async def ListNotices(
        self, request: pb.ListNoticesRequest, context: Any
    ) -> pb.ListNoticesResponse:
        async with self._database.snapshot() as session:
            return await queries.list_notices(session, current_caller(), request)

    async def GetWatch(self, request: pb.GetWatchRequest, context: Any) -> pb.GetWatchResponse:
        async with self._database.snapshot() as session:
            return await queries.get_watch(session, current_caller())

    async def RetryDelivery(
        self, request: pb.RetryDeliveryRequest, context: Any
    ) -> pb.RetryDeliveryResponse:
        return await self._changes.once(
            current_caller(), request, commands.retry_delivery, pb.RetryDeliveryResponse
        )

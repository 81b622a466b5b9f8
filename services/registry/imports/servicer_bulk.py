"""Bulk over gRPC: chunk after chunk, each committed before the next is read off the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import grpc

from law.errors import Fault, InvalidInput
from plumbing.change import Change
from plumbing.identity import current_caller
from protos.registry.v1 import bulk_pb2 as pb
from protos.registry.v1 import bulk_pb2_grpc as rpc
from services.registry.imports.batch import bulk
from services.registry.imports.batch.desk import ImportDesk


class BulkServicer(rpc.BulkServiceServicer):
    """Takes in what systems push."""

    def __init__(self, desk: ImportDesk) -> None:
        self._desk, self._changes = desk, desk.changes

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_BulkServiceServicer_to_server(self, server)

    async def OpenBulkBatch(
        self, request: pb.OpenBulkBatchRequest, context: Any
    ) -> pb.OpenBulkBatchResponse:
        await self._changes.once(current_caller(), request, _opened, pb.OpenBulkBatchResponse)
        # How far it has come by now, also where the call is repeated later.
        return pb.OpenBulkBatchResponse(batch=await self._told(request.batch_id))

    async def SendBulkChunks(
        self, request_iterator: AsyncIterator[pb.SendBulkChunksRequest], context: Any
    ) -> pb.SendBulkChunksResponse:
        caller, batch_id = current_caller(), ""
        # Nothing is read ahead: gRPC's window is all that a sender can be in front.
        async for chunk in request_iterator:
            async with self._changes.change(caller) as change:
                await bulk.receive(change, chunk, self._desk.max_bytes, self._desk.open_days)
            batch_id = chunk.batch_id
        if not batch_id:
            zh, en = "至少一块", "at least one chunk"
            raise InvalidInput(faults=[Fault("sequence", zh, en)])
        return pb.SendBulkChunksResponse(batch=await self._told(batch_id))

    async def GetBulkBatch(
        self, request: pb.GetBulkBatchRequest, context: Any
    ) -> pb.GetBulkBatchResponse:
        return pb.GetBulkBatchResponse(batch=await self._told(request.batch_id))

    async def CompleteBulkBatch(
        self, request: pb.CompleteBulkBatchRequest, context: Any
    ) -> pb.CompleteBulkBatchResponse:
        desk, caller = self._desk, current_caller()
        held = await bulk.held_content(self._changes.database, caller, request.batch_id)
        upload = await desk.read(*held)
        complete = partial(bulk.complete_batch, upload, desk.shares, desk.open_days)
        return await desk.foreseen(
            lambda drops: self._changes.once(
                caller, request, partial(complete, drops), pb.CompleteBulkBatchResponse
            )
        )

    async def _told(self, batch_id: str) -> pb.BulkBatch:
        database, days = self._changes.database, self._desk.open_days
        return await bulk.tell(database, current_caller(), batch_id, days)


async def _opened(change: Change, request: pb.OpenBulkBatchRequest) -> pb.OpenBulkBatchResponse:
    await bulk.open_batch(change, request)
    return pb.OpenBulkBatchResponse()

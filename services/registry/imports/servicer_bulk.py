"""Bulk over gRPC: chunk after chunk, each committed before the next is read off the wire."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from law.errors import Fault, InvalidInput
from plumbing.change import Change
from plumbing.identity import current_caller
from plumbing.servicer import Servicer
from protos.registry.v1 import bulk_pb2 as pb
from protos.registry.v1 import bulk_pb2_grpc as rpc
from services.registry.imports.batch import bulk
from services.registry.imports.batch.desk import ImportDesk


class BulkServicer(Servicer, rpc.BulkServiceServicer):
    """Receives what systems send in bulk."""

    register = rpc.add_BulkServiceServicer_to_server

    def __init__(self, desk: ImportDesk) -> None:
        super().__init__(desk.changes)
        self._desk = desk

    async def OpenBulkBatch(
        self, request: pb.OpenBulkBatchRequest, context: Any
    ) -> pb.OpenBulkBatchResponse:
        await self.once(request, _opened)
        # A call that is repeated later is told how much has arrived by then.
        return pb.OpenBulkBatchResponse(batch=await self._batch(request.batch_id))

    async def SendBulkChunks(
        self, request_iterator: AsyncIterator[pb.SendBulkChunksRequest], context: Any
    ) -> pb.SendBulkChunksResponse:
        caller, batch_id = current_caller(), ""
        # Nothing is read ahead: gRPC's window is all that a sender can be in front.
        async for chunk in request_iterator:
            async with self.changes.change(caller) as change:
                await bulk.receive(change, chunk, self._desk.max_bytes, self._desk.open_days)
            batch_id = chunk.batch_id
        if not batch_id:
            zh, en = "至少一块", "at least one chunk"
            raise InvalidInput(faults=[Fault("sequence", zh, en)])
        return pb.SendBulkChunksResponse(batch=await self._batch(batch_id))

    async def GetBulkBatch(
        self, request: pb.GetBulkBatchRequest, context: Any
    ) -> pb.GetBulkBatchResponse:
        return pb.GetBulkBatchResponse(batch=await self._batch(request.batch_id))

    async def CompleteBulkBatch(
        self, request: pb.CompleteBulkBatchRequest, context: Any
    ) -> pb.CompleteBulkBatchResponse:
        desk, caller = self._desk, current_caller()
        held = await bulk.held_content(self.changes.database, caller, request.batch_id)
        upload = await desk.read(*held)
        complete = partial(bulk.complete_batch, upload, desk.shares, desk.open_days)
        return await desk.foreseen(lambda drops: self.once(request, partial(complete, drops)))

    async def _batch(self, batch_id: str) -> pb.BulkBatch:
        database, days = self.changes.database, self._desk.open_days
        return await bulk.tell(database, current_caller(), batch_id, days)


async def _opened(change: Change, request: pb.OpenBulkBatchRequest) -> pb.OpenBulkBatchResponse:
    await bulk.open_batch(change, request)
    return pb.OpenBulkBatchResponse()

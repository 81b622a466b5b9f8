"""Imports over gRPC: a file comes in pieces, after a header that says how to read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import grpc

from law.errors import AlreadyExists, Fault, InvalidInput
from plumbing.identity import current_caller
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import registry_pb2_grpc as rpc
from services.registry.imports.batch import approval
from services.registry.imports.batch.commands import discard_batch, import_file
from services.registry.imports.batch.desk import ImportDesk
from services.registry.imports.batch.undo import undo_batch
from services.registry.imports.queries import ImportQueries
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.templates import template


class ImportServicer(rpc.ImportServiceServicer):
    """Takes in files, and has batches approved, given up and undone."""

    def __init__(self, desk: ImportDesk) -> None:
        self._desk, self._changes = desk, desk.changes
        self._queries = ImportQueries(desk.changes.database)

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_ImportServiceServicer_to_server(self, server)

    async def ImportFile(
        self, request_iterator: AsyncIterator[pb.ImportFileRequest], context: Any
    ) -> pb.ImportFileResponse:
        caller, desk = current_caller(), self._desk
        header, content = await self._received(request_iterator)
        mapping.check_header(header)
        upload = await desk.read(header, content)
        take = partial(import_file, upload, desk.shares)
        answer = await desk.foreseen(
            lambda drops: self._changes.once(
                caller, header, partial(take, drops), pb.ImportFileResponse
            )
        )
        if answer.batch.sha256 != upload.sha256:
            raise AlreadyExists(
                "该请求编号已用于另一个文件", "This request id was used for another file"
            )
        return answer

    async def _received(
        self, parts: AsyncIterator[pb.ImportFileRequest]
    ) -> tuple[pb.ImportHeader, bytes]:
        header: pb.ImportHeader | None = None
        content = bytearray()
        async for part in parts:
            if (header is None) != (part.WhichOneof("part") == "header"):
                zh, en = "先发一个文件头，再发内容", "one header comes first, then content"
                raise InvalidInput(faults=[Fault("part", zh, en)])
            if header is None:
                header = part.header
            content += part.content
            if len(content) > self._desk.max_bytes:
                zh = f"文件超过 {self._desk.max_bytes} 字节"
                raise InvalidInput(zh, f"the file is longer than {self._desk.max_bytes} bytes")
        if header is None:
            raise InvalidInput(faults=[Fault("header", "必填", "is required")])
        return header, bytes(content)

    async def GetBatch(self, request: pb.GetBatchRequest, context: Any) -> pb.GetBatchResponse:
        return await self._queries.get_batch(current_caller(), request)

    async def ListBatches(
        self, request: pb.ListBatchesRequest, context: Any
    ) -> pb.ListBatchesResponse:
        return await self._queries.list_batches(current_caller(), request)

    async def ListFaults(
        self, request: pb.ListFaultsRequest, context: Any
    ) -> pb.ListFaultsResponse:
        return await self._queries.list_faults(current_caller(), request)

    async def GetRejectedRows(
        self, request: pb.GetRejectedRowsRequest, context: Any
    ) -> pb.GetRejectedRowsResponse:
        return await self._queries.get_rejected_rows(current_caller(), request)

    async def GetTemplate(
        self, request: pb.GetTemplateRequest, context: Any
    ) -> pb.GetTemplateResponse:
        return template(request)

    async def UndoBatch(self, request: pb.UndoBatchRequest, context: Any) -> pb.UndoBatchResponse:
        return await self._changes.once(current_caller(), request, undo_batch, pb.UndoBatchResponse)

    async def ApproveBatch(
        self, request: pb.ApproveBatchRequest, context: Any
    ) -> pb.ApproveBatchResponse:
        caller, desk = current_caller(), self._desk
        held = await approval.held_content(self._changes.database, caller, request.batch_id)
        upload = await desk.read(*held)
        approve = partial(approval.approve_batch, upload, desk.shares)
        return await desk.foreseen(
            lambda drops: self._changes.once(
                caller, request, partial(approve, drops), pb.ApproveBatchResponse
            )
        )

    async def RejectBatch(
        self, request: pb.RejectBatchRequest, context: Any
    ) -> pb.RejectBatchResponse:
        return await self._changes.once(
            current_caller(), request, approval.reject_batch, pb.RejectBatchResponse
        )

    async def DiscardBatch(
        self, request: pb.DiscardBatchRequest, context: Any
    ) -> pb.DiscardBatchResponse:
        return await self._changes.once(
            current_caller(), request, discard_batch, pb.DiscardBatchResponse
        )

"""Imports over gRPC: a file comes in pieces, after a header that says how to read it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import grpc

from law.errors import AlreadyExists, Fault, InvalidInput
from plumbing.change import Changes
from plumbing.identity import current_caller
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import registry_pb2_grpc as rpc
from services.registry.imports import mapping, reading
from services.registry.imports.commands import Upload, import_file
from services.registry.imports.limits import FileLimits
from services.registry.imports.queries import ImportQueries
from services.registry.imports.undoing import undo_batch


class ImportServicer(rpc.ImportServiceServicer):
    """Takes in files; `max_bytes` is the longest, and `limits` what reading one may ask for."""

    def __init__(self, changes: Changes, max_bytes: int, limits: FileLimits) -> None:
        self._changes, self._max_bytes, self._limits = changes, max_bytes, limits
        self._queries = ImportQueries(changes.database)

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_ImportServiceServicer_to_server(self, server)

    async def ImportFile(
        self, request_iterator: AsyncIterator[pb.ImportFileRequest], context: Any
    ) -> pb.ImportFileResponse:
        caller = current_caller()
        header, content = await self._received(request_iterator)
        mapping.check_header(header)
        # Long work on the file alone comes before the transaction, and off the event loop.
        today = self._changes.clock.today()
        read = await asyncio.to_thread(reading.read, header, content, today, self._limits)
        upload = Upload(content, hashlib.sha256(content).hexdigest(), read)
        answer = await self._changes.once(
            caller, header, partial(import_file, upload), pb.ImportFileResponse
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
            if len(content) > self._max_bytes:
                zh = f"文件超过 {self._max_bytes} 字节"
                raise InvalidInput(zh, f"the file is longer than {self._max_bytes} bytes")
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

    async def UndoBatch(self, request: pb.UndoBatchRequest, context: Any) -> pb.UndoBatchResponse:
        return await self._changes.once(current_caller(), request, undo_batch, pb.UndoBatchResponse)

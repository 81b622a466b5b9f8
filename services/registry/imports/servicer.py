"""Imports over gRPC: a file comes in pieces, after a header that says how to read it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from law.errors import AlreadyExists, Fault, InvalidInput
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import registry_pb2_grpc as rpc
from services.registry.imports import queries
from services.registry.imports.batch import approval
from services.registry.imports.batch.commands import discard_batch, import_file
from services.registry.imports.batch.desk import ImportDesk
from services.registry.imports.batch.undo import undo_batch
from services.registry.imports.rows import columns as mapping
from services.registry.imports.rows.templates import template


class ImportServicer(Servicer, rpc.ImportServiceServicer):
    """Imports files, and has batches approved, discarded and undone."""

    register = rpc.add_ImportServiceServicer_to_server

    def __init__(self, desk: ImportDesk) -> None:
        super().__init__(desk.changes)
        self._desk = desk

    async def ImportFile(
        self, request_iterator: AsyncIterator[pb.ImportFileRequest], context: Any
    ) -> pb.ImportFileResponse:
        caller, desk = current_caller(), self._desk
        header, content = await self._received(request_iterator)
        mapping.check_header(header)
        upload = await desk.read(header, content)
        take = partial(import_file, upload, desk.shares)
        answer = await desk.foreseen(
            lambda drops: self.changes.once(
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

    GetBatch = query(queries.get_batch)
    ListBatches = query(queries.list_batches)
    ListFaults = query(queries.list_faults)
    GetRejectedRows = query(queries.get_rejected_rows)

    async def GetTemplate(
        self, request: pb.GetTemplateRequest, context: Any
    ) -> pb.GetTemplateResponse:
        return template(request)

    UndoBatch = change(undo_batch)

    async def ApproveBatch(
        self, request: pb.ApproveBatchRequest, context: Any
    ) -> pb.ApproveBatchResponse:
        caller, desk = current_caller(), self._desk
        held = await approval.held_content(self.changes.database, caller, request.batch_id)
        upload = await desk.read(*held)
        approve = partial(approval.approve_batch, upload, desk.shares)
        return await desk.foreseen(lambda drops: self.once(request, partial(approve, drops)))

    RejectBatch = change(approval.reject_batch)
    DiscardBatch = change(discard_batch)

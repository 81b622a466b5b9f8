"""The gRPC services for imports: files, batches sent in bulk, and decisions about batches."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from law.errors import Fault, InvalidInput, NotPermitted
from plumbing.change import Changes
from plumbing.identity import Role, current_caller
from plumbing.servicer import Servicer, change, query
from plumbing.settings import Settings
from plumbing.uploads import content_of, header_of, require_same
from protos.registry.v1 import bulk_pb2, bulk_pb2_grpc
from protos.registry.v1 import registry_pb2 as pb
from protos.registry.v1 import registry_pb2_grpc as rpc
from services.registry import sheets
from services.registry.filing import commands as filing
from services.registry.filing import reading
from services.registry.imports import queries
from services.registry.imports.batch import approval, bulk, matching
from services.registry.imports.batch.background import Background, start_imports
from services.registry.imports.batch.commands import discard_batch, import_file
from services.registry.imports.batch.files import files_of, one_file
from services.registry.imports.batch.intake import Intake, Upload, read_upload
from services.registry.imports.batch.processing import Processor
from services.registry.imports.batch.quota import Quota
from services.registry.imports.batch.type_names import get_type_names, name_type, names_for
from services.registry.imports.batch.undo import Undoing, undo_batch
from services.registry.imports.impact.grade_drops import Grader
from services.registry.imports.read.limits import FileLimits
from services.registry.imports.rows.families import FamilyName
from services.registry.imports.rows.templates import template


class _ImportingServicer(Servicer):
    """What the calls that process a batch need: limits, and grading to ask about grades."""

    def __init__(self, changes: Changes, grader: Grader, settings: Settings) -> None:
        super().__init__(changes)
        self._processor = Processor.of(changes, grader, settings)
        self._max_bytes = settings.import_max_bytes
        self._open_days = settings.import_open_days
        self._quota = Quota.of(settings)
        self._file_limits = FileLimits.of(settings)

    async def _read(
        self, header: pb.ImportHeader, content: bytes, digest: str = "", bureau: str = ""
    ) -> Upload:
        """Reads a file; `bureau` is the sender's, if somebody else calls."""
        async with self.view() as view:
            named = header.bureau or bureau or view.caller.bureau
            names = await names_for(view.session, named)
        today = self.changes.clock.today()
        return await read_upload(header, content, today, self._file_limits, digest, names)


class ImportServicer(_ImportingServicer, rpc.ImportServiceServicer):
    """Imports files, at once or in the background; decides about batches and undoes them.

    The file of an operator that files its own new instruments makes no batch.
    """

    register = rpc.add_ImportServiceServicer_to_server

    def __init__(
        self, changes: Changes, grader: Grader, settings: Settings, background: Background
    ) -> None:
        super().__init__(changes, grader, settings)
        self._background = background
        self._undoing = Undoing.of(changes, settings)

    async def ImportFile(
        self, request_iterator: AsyncIterator[pb.ImportFileRequest], context: Any
    ) -> pb.ImportFileResponse:
        header, content = await self._received(request_iterator)
        content = await one_file(header, content, self._file_limits)
        upload = await self._read(header, content)
        answer = await import_file(self._processor, current_caller(), header, upload)
        require_same(answer.batch.sha256, upload.sha256)
        return answer

    async def StartImport(
        self, request_iterator: AsyncIterator[pb.StartImportRequest], context: Any
    ) -> pb.StartImportResponse:
        header, content = await self._received(request_iterator)
        files = await files_of(header, content, self._file_limits)
        command = partial(start_imports, files=files, quota=self._quota)
        answer = await self.changes.once(current_caller(), header, command, pb.StartImportResponse)
        self._background.wake()
        require_same([one.sha256 for one in answer.batches or (answer.batch,)], files.digests)
        return answer

    async def _received(
        self, parts: AsyncIterator[pb.ImportFileRequest] | AsyncIterator[pb.StartImportRequest]
    ) -> tuple[pb.ImportHeader, bytes]:
        header, content = await header_of(parts), bytearray()
        async for piece in content_of(parts):
            content += piece
            if len(content) > self._max_bytes:
                zh = f"文件超过 {self._max_bytes} 字节"
                raise InvalidInput(zh, f"the file is longer than {self._max_bytes} bytes")
        return header, bytes(content)

    async def GetBatch(self, request: pb.GetBatchRequest, context: Any) -> pb.GetBatchResponse:
        async with self.view() as view:
            answer = await queries.get_batch(view, request)
        self._background.under_way.tell(answer.batch)
        return answer

    async def ImportInstruments(
        self, request: pb.ImportInstrumentsRequest, context: Any
    ) -> pb.ImportInstrumentsResponse:
        return await sheets.taken(
            self, request, filing.import_instruments, reading.COLUMNS, self._file_limits
        )

    GetColumns = query(matching.get_columns)

    async def ConfirmColumns(
        self, request: pb.ConfirmColumnsRequest, context: Any
    ) -> pb.ConfirmColumnsResponse:
        answer: pb.ConfirmColumnsResponse = await self.once(request, matching.confirm_columns)
        self._background.wake()
        return answer

    ListBatches = query(queries.list_batches)
    ListFaults = query(queries.list_faults)
    CountFaults = query(queries.count_faults)
    GetRejectedRows = query(queries.get_rejected_rows)
    GetTypeNames = query(get_type_names)
    NameType = change(name_type)

    async def GetTemplate(
        self, request: pb.GetTemplateRequest, context: Any
    ) -> pb.GetTemplateResponse:
        if not current_caller().has(Role.OPERATOR):
            return template(request)
        if request.family != FamilyName.INSTRUMENTS:
            zh, en = "经营者只能登记本单位的器具", "An operator files instruments only"
            raise NotPermitted(zh, en)
        return template(request, reading.FILED)

    async def UndoBatch(self, request: pb.UndoBatchRequest, context: Any) -> pb.UndoBatchResponse:
        return await self._undoing.undo(
            current_caller(),
            request,
            lambda undone: self.once(request, undo_batch, undone=undone),
            released=False,
        )

    async def ApproveBatch(
        self, request: pb.ApproveBatchRequest, context: Any
    ) -> pb.ApproveBatchResponse:
        async with self.view() as view:
            kept, sender = await approval.kept_content(view, request.batch_id)
        upload = await self._read(*kept, bureau=sender.bureau)
        draft = partial(approval.draft_of_waiting, request=request)
        intake = Intake(
            *(kept[0], upload, current_caller(), sender, draft, self._processor.limits),
            seen=request.seen,
        )
        return await self._processor.process(
            intake, lambda ready: self.once(request, approval.approve_batch, ready=ready)
        )

    RejectBatch = change(approval.reject_batch)
    DiscardBatch = change(discard_batch)


class BulkServicer(_ImportingServicer, bulk_pb2_grpc.BulkServiceServicer):
    """Receives batches that other systems send in bulk, chunk by chunk."""

    register = bulk_pb2_grpc.add_BulkServiceServicer_to_server

    async def OpenBulkBatch(
        self, request: bulk_pb2.OpenBulkBatchRequest, context: Any
    ) -> bulk_pb2.OpenBulkBatchResponse:
        await self.once(request, bulk.open_batch, quota=self._quota)
        # A call that is repeated later is told how much has arrived by then.
        return bulk_pb2.OpenBulkBatchResponse(batch=await self._batch(request.batch_id))

    async def SendBulkChunks(
        self, request_iterator: AsyncIterator[bulk_pb2.SendBulkChunksRequest], context: Any
    ) -> bulk_pb2.SendBulkChunksResponse:
        caller, batch_id = current_caller(), ""
        # Each chunk is committed before the next is read: gRPC's window slows the sender down.
        async for chunk in request_iterator:
            async with self.changes.change(caller) as change:
                await bulk.receive(change, chunk, self._max_bytes, self._open_days)
            batch_id = chunk.batch_id
        if not batch_id:
            zh, en = "至少一块", "at least one chunk"
            raise InvalidInput(faults=[Fault("sequence", zh, en)])
        return bulk_pb2.SendBulkChunksResponse(batch=await self._batch(batch_id))

    async def GetBulkBatch(
        self, request: bulk_pb2.GetBulkBatchRequest, context: Any
    ) -> bulk_pb2.GetBulkBatchResponse:
        return bulk_pb2.GetBulkBatchResponse(batch=await self._batch(request.batch_id))

    async def CompleteBulkBatch(
        self, request: bulk_pb2.CompleteBulkBatchRequest, context: Any
    ) -> bulk_pb2.CompleteBulkBatchResponse:
        async with self.view() as view:
            kept = await bulk.kept_content(view, request.batch_id)
        caller, upload = current_caller(), await self._read(*kept)
        draft = partial(bulk.draft_of_complete, batch_id=request.batch_id, upload=upload)
        intake = Intake(kept[0], upload, caller, caller, draft, self._processor.limits)
        command = partial(bulk.complete_batch, upload=upload, open_days=self._open_days)
        return await self._processor.process(
            intake, lambda ready: self.once(request, command, ready=ready)
        )

    async def _batch(self, batch_id: str) -> bulk_pb2.BulkBatch:
        async with self.view() as view:
            return await bulk.get_batch(view, batch_id, self._open_days)

"""The gRPC service for files as evidence in cases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from law.errors import AlreadyExists, Fault, InvalidInput, NotFound
from plumbing.change import Changes
from plumbing.files import Files
from plumbing.identity import current_caller
from plumbing.previews import stored_preview
from plumbing.servicer import Servicer
from plumbing.settings import Settings
from protos.objection.v1 import evidence_pb2 as pb
from protos.objection.v1 import evidence_pb2_grpc as rpc
from services.objection.evidence import wire
from services.objection.evidence.access import visible_file
from services.objection.evidence.commands import add_evidence, require_may_send
from services.objection.evidence.queries import list_evidence


class EvidenceServicer(Servicer, rpc.EvidenceServiceServicer):
    """Takes, lists and gives out the files of cases."""

    register = rpc.add_EvidenceServiceServicer_to_server

    def __init__(self, changes: Changes, files: Files, settings: Settings) -> None:
        super().__init__(changes)
        self._files, self._settings = files, settings

    async def UploadEvidence(
        self, request_iterator: AsyncIterator[pb.UploadEvidenceRequest], context: Any
    ) -> pb.UploadEvidenceResponse:
        header, caller = await _header(request_iterator), current_caller()
        most = self._settings.evidence_max_files
        async with self.changes.change(caller) as change:  # refused before the file is received
            await require_may_send(change, header, most + 1)  # a repetition is among the present
        stored = await self._files.receive(
            _content(request_iterator), self._settings.evidence_max_bytes
        )
        preview = await stored_preview(self._files, stored)
        command = partial(add_evidence, stored=stored, preview=preview, most=most)
        answer = await self.changes.once(caller, header, command, pb.UploadEvidenceResponse)
        if answer.evidence.sha256 != stored.sha256:
            zh, en = "该请求编号已用于另一个文件", "This request id was used for another file"
            raise AlreadyExists(zh, en)
        return answer

    async def ListEvidence(
        self, request: pb.ListEvidenceRequest, context: Any
    ) -> pb.ListEvidenceResponse:
        async with self.view() as view:
            return await list_evidence(view, request, settings=self._settings)

    async def ReadEvidence(
        self, request: pb.ReadEvidenceRequest, context: Any
    ) -> pb.ReadEvidenceResponse:
        async with self.view() as view:
            row = await visible_file(view, request.evidence_id)
        if row.erased_at is not None:
            zh, en = "文件保存期满，已经删除", "The file was erased because its time was over"
            raise NotFound(zh, en, evidence_id=row.evidence_id)
        which = (row.sha256, row.size)
        if request.preview:
            which = (row.preview_sha256, row.preview_size)
        try:
            content = await self._files.read(*which, request.offset)
        except FileNotFoundError as error:
            zh, en = "文件不在存储中，请联系平台管理员", "The file is missing from the store"
            raise NotFound(zh, en, evidence_id=row.evidence_id) from error
        return pb.ReadEvidenceResponse(evidence=wire.evidence(row), content=content)


async def _header(parts: AsyncIterator[pb.UploadEvidenceRequest]) -> pb.EvidenceHeader:
    async for part in parts:
        if part.WhichOneof("part") == "header":
            return part.header
        break
    zh, en = "先发一个文件头，再发内容", "one header comes first, then content"
    raise InvalidInput(faults=[Fault("header", zh, en)])


async def _content(parts: AsyncIterator[pb.UploadEvidenceRequest]) -> AsyncIterator[bytes]:
    async for part in parts:
        if part.WhichOneof("part") == "header":
            zh, en = "文件头只发一次", "the header comes once"
            raise InvalidInput(faults=[Fault("header", zh, en)])
        yield part.content

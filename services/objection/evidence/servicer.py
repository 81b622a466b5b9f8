"""The gRPC service for files as evidence in cases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from law.errors import NotFound
from plumbing.change import Changes
from plumbing.files import Files
from plumbing.identity import current_caller
from plumbing.previews import stored_preview
from plumbing.servicer import Servicer
from plumbing.settings import Settings
from plumbing.uploads import content_of, header_of, piece_of, require_same
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
        header, caller = await header_of(request_iterator), current_caller()
        most = self._settings.evidence_max_files
        async with self.changes.change(caller) as change:  # refused before the file is received
            await require_may_send(change, header, most + 1)  # a repetition is among the present
        stored = await self._files.receive(
            content_of(request_iterator), self._settings.evidence_max_bytes
        )
        preview = await stored_preview(self._files, stored)
        command = partial(add_evidence, stored=stored, preview=preview, most=most)
        answer = await self.changes.once(caller, header, command, pb.UploadEvidenceResponse)
        require_same(answer.evidence.sha256, stored.sha256)
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
        content = await piece_of(self._files, *which, request.offset, evidence_id=row.evidence_id)
        return pb.ReadEvidenceResponse(evidence=wire.evidence(row), content=content)

"""The gRPC service for the log of upkeep of instruments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from plumbing.change import Changes
from plumbing.file_kinds import FileKind
from plumbing.files import Files
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, change, query
from plumbing.settings import Settings
from plumbing.uploads import content_of, header_of, piece_of, require_same
from protos.registry.v1 import upkeep_pb2 as pb
from protos.registry.v1 import upkeep_pb2_grpc as rpc
from services.registry import sheets
from services.registry.imports.read.limits import FileLimits
from services.registry.upkeep import commands, queries, wire
from services.registry.upkeep.access import find, find_file

KINDS = frozenset(FileKind) - {FileKind.DCC}  # a certificate of calibration has its own way


class UpkeepServicer(Servicer, rpc.UpkeepServiceServicer):
    """Adds to the log of upkeep, lists it, and gives out its files."""

    register = rpc.add_UpkeepServiceServicer_to_server

    def __init__(self, changes: Changes, files: Files, settings: Settings) -> None:
        super().__init__(changes)
        self._files = files
        self._longest, self._most = settings.certificate_max_bytes, settings.evidence_max_files
        self._limits = FileLimits.of(settings)

    RecordUpkeep = change(commands.record_upkeep)
    ListUpkeep = query(queries.list_upkeep)
    GetUpkeep = query(queries.get_upkeep)

    async def ImportUpkeep(
        self, request: pb.ImportUpkeepRequest, context: Any
    ) -> pb.ImportUpkeepResponse:
        return await sheets.taken(
            self, request, commands.import_upkeep, commands.COLUMNS, self._limits
        )

    async def UploadUpkeepFile(
        self, request_iterator: AsyncIterator[pb.UploadUpkeepFileRequest], context: Any
    ) -> pb.UploadUpkeepFileResponse:
        header, caller = await header_of(request_iterator), current_caller()
        async with self.changes.change(caller) as looking:
            entry, _ = await find(looking, header.upkeep_id)
            await commands.require_room(looking, entry, self._most + 1)  # it may be a repetition
        stored = await self._files.receive(content_of(request_iterator), self._longest, KINDS)
        command = partial(commands.add_file, stored=stored, most=self._most)
        answer = await self.changes.once(caller, header, command, pb.UploadUpkeepFileResponse)
        require_same(answer.file.sha256, stored.sha256)
        return answer

    async def ReadUpkeepFile(
        self, request: pb.ReadUpkeepFileRequest, context: Any
    ) -> pb.ReadUpkeepFileResponse:
        async with self.view() as view:
            row = await find_file(view, request.file_id)
        content = await piece_of(
            self._files, row.sha256, row.size, request.offset, file_id=row.file_id
        )
        return pb.ReadUpkeepFileResponse(file=wire.file(row), content=content)

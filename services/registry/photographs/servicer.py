"""The gRPC service for photographs of instruments."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

from plumbing.change import Changes
from plumbing.files import Files
from plumbing.identity import current_caller
from plumbing.previews import PICTURES, stored_preview
from plumbing.servicer import Servicer
from plumbing.settings import Settings
from plumbing.uploads import content_of, header_of, piece_of, require_same
from protos.registry.v1 import photographs_pb2 as pb
from protos.registry.v1 import photographs_pb2_grpc as rpc
from services.registry.photographs import commands


class PhotographServicer(Servicer, rpc.PhotographServiceServicer):
    """Takes, lists and gives out photographs of instruments."""

    register = rpc.add_PhotographServiceServicer_to_server

    def __init__(self, changes: Changes, files: Files, settings: Settings) -> None:
        super().__init__(changes)
        self._files, self._settings = files, settings

    async def AddPhotograph(
        self, request_iterator: AsyncIterator[pb.AddPhotographRequest], context: Any
    ) -> pb.AddPhotographResponse:
        header, caller = await header_of(request_iterator), current_caller()
        most = self._settings.photograph_max_files
        async with self.changes.change(caller) as begun:  # refused before the file is received
            await commands.require_room(begun, header, most + 1)  # a repetition is among them
        stored = await self._files.receive(
            content_of(request_iterator), self._settings.evidence_max_bytes, PICTURES
        )
        preview = await stored_preview(self._files, stored)
        command = partial(commands.add_photograph, stored=stored, preview=preview, most=most)
        answer = await self.changes.once(caller, header, command, pb.AddPhotographResponse)
        require_same(answer.photograph.sha256, stored.sha256)
        return answer

    async def ListPhotographs(
        self, request: pb.ListPhotographsRequest, context: Any
    ) -> pb.ListPhotographsResponse:
        async with self.view() as view:
            return await commands.list_photographs(view, request, settings=self._settings)

    async def ReadPhotograph(
        self, request: pb.ReadPhotographRequest, context: Any
    ) -> pb.ReadPhotographResponse:
        async with self.view() as view:
            row = await commands.find_photograph(view, request.photograph_id)
        which = (row.sha256, row.size)
        if request.preview:
            which = (row.preview_sha256, row.preview_size)
        if not which[0]:
            return pb.ReadPhotographResponse(photograph=commands.message(row))
        content = await piece_of(
            self._files, *which, request.offset, photograph_id=row.photograph_id
        )
        return pb.ReadPhotographResponse(photograph=commands.message(row), content=content)

"""The gRPC service for calibrations and their certificates."""

from __future__ import annotations

import asyncio
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
from protos.registry.v1 import calibrations_pb2 as pb
from protos.registry.v1 import calibrations_pb2_grpc as rpc
from services.registry.calibrations import commands, queries, wire
from services.registry.calibrations.access import find_readable
from services.registry.calibrations.dcc.reading import read_stored
from services.registry.calibrations.dcc.versions import versions
from services.registry.institutions.reporting import require_named


class CalibrationServicer(Servicer, rpc.CalibrationServiceServicer):
    """Takes certificates of calibration, and what people confirm of them."""

    register = rpc.add_CalibrationServiceServicer_to_server

    def __init__(self, changes: Changes, files: Files, settings: Settings) -> None:
        super().__init__(changes)
        self._files, self._settings = files, settings

    async def UploadDcc(
        self, request_iterator: AsyncIterator[pb.UploadDccRequest], context: Any
    ) -> pb.UploadDccResponse:
        header, caller = await header_of(request_iterator), current_caller()
        async with self.changes.change(caller) as begun:  # refused before the file is received
            await require_named(begun.session, caller)
            now = begun.at
        stored = await self._files.receive(
            content_of(request_iterator), self._settings.certificate_max_bytes, {FileKind.DCC}
        )
        reading = await read_stored(self._files, stored, self._settings, now)
        command = partial(commands.add_dcc, stored=stored, reading=reading)
        answer = await self.changes.once(caller, header, command, pb.UploadDccResponse)
        require_same(answer.dcc.sha256, stored.sha256)
        return answer

    async def ReadDcc(self, request: pb.ReadDccRequest, context: Any) -> pb.ReadDccResponse:
        async with self.view() as view:
            row = await find_readable(view, request.dcc_id)
        content = await piece_of(
            self._files, row.sha256, row.size, request.offset, dcc_id=row.dcc_id
        )
        return pb.ReadDccResponse(dcc=wire.dcc(row), content=content)

    async def ListDccVersions(
        self, request: pb.ListDccVersionsRequest, context: Any
    ) -> pb.ListDccVersionsResponse:
        found = await asyncio.to_thread(versions, self._settings.dcc_schema_dir)
        return pb.ListDccVersionsResponse(schema_versions=found)

    ListDccs = query(queries.list_dccs)
    GetDcc = query(queries.get_dcc)
    DismissDcc = change(commands.dismiss_dcc)
    ResumeDcc = change(commands.resume_dcc)
    ConfirmCalibration = change(commands.confirm_calibration)
    WithdrawCalibration = change(commands.withdraw_calibration)
    ListCalibrations = query(queries.list_calibrations)
    SetCalibrationCycle = change(commands.set_calibration_cycle)

"""The gRPC service for laboratories and what their records say of verifications."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from plumbing.settings import Settings
from protos.registry.v1 import laboratories_pb2 as pb
from protos.registry.v1 import laboratories_pb2_grpc as rpc
from services.registry import sheets
from services.registry.imports.read.limits import FileLimits
from services.registry.laboratories import commands, queries, recording


class LaboratoryServicer(Servicer, rpc.LaboratoryServiceServicer):
    """Keeps laboratories, takes in their records, and lists marks."""

    register = rpc.add_LaboratoryServiceServicer_to_server

    def __init__(self, changes: Changes, settings: Settings) -> None:
        super().__init__(changes)
        self._limits = FileLimits.of(settings)

    PutLaboratory = change(commands.put_laboratory)
    ReleaseLaboratory = change(commands.release_laboratory)
    ListLaboratories = query(queries.list_laboratories)
    GetLaboratory = query(queries.get_laboratory)
    RecordEnvironment = change(recording.record_environment)
    ListEnvironment = query(queries.list_environment)
    ListEnvironmentMarks = query(queries.list_marks)
    GetEnvironmentMark = query(queries.get_mark)
    NoteEnvironmentMark = change(commands.note_mark)

    async def ImportEnvironment(
        self, request: pb.ImportEnvironmentRequest, context: Any
    ) -> pb.ImportEnvironmentResponse:
        return await sheets.taken(
            self, request, recording.import_environment, recording.COLUMNS, self._limits
        )

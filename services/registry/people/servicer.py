"""The gRPC service for calibration institutions, metrologists, examiners and experts."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from plumbing.settings import Settings
from protos.registry.v1 import people_pb2 as pb
from protos.registry.v1 import people_pb2_grpc as rpc
from services.registry import sheets
from services.registry.imports.read.limits import FileLimits
from services.registry.people import commands, queries


class PeopleServicer(Servicer, rpc.PeopleServiceServicer):
    """Keeps qualifications and lists them."""

    register = rpc.add_PeopleServiceServicer_to_server

    def __init__(self, changes: Changes, settings: Settings) -> None:
        super().__init__(changes)
        self._limits = FileLimits.of(settings)

    PutQualification = change(commands.put_qualification)
    ListQualifications = query(queries.list_qualifications)
    GetQualification = query(queries.get_qualification)
    ListCalibrators = query(queries.list_calibrators)
    ListExperts = query(queries.list_experts)

    async def ImportQualifications(
        self, request: pb.ImportQualificationsRequest, context: Any
    ) -> pb.ImportQualificationsResponse:
        return await sheets.taken(
            self, request, commands.import_qualifications, commands.COLUMNS, self._limits
        )

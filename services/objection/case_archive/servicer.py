"""The gRPC service for case files that leave the platform."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.checkpoints.making import Checkpoints
from plumbing.servicer import Servicer
from protos.objection.v1 import archive_pb2 as pb
from protos.objection.v1 import archive_pb2_grpc as rpc
from services.objection.case_archive.proving import prove_case


class ArchiveServicer(Servicer, rpc.ArchiveServiceServicer):
    """Proves what was done in a case."""

    register = rpc.add_ArchiveServiceServicer_to_server

    def __init__(self, changes: Changes, checkpoints: Checkpoints) -> None:
        super().__init__(changes)
        self._checkpoints = checkpoints

    async def ProveCase(self, request: pb.ProveCaseRequest, context: Any) -> pb.ProveCaseResponse:
        async with self.view() as view:
            return await prove_case(view, request, key=self._checkpoints.public_key())

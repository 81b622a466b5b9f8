"""gRPC in → command or query → gRPC out, of escalations; nothing is decided here."""

from __future__ import annotations

from functools import partial
from typing import Any

import grpc

from plumbing.change import Changes
from plumbing.identity import Caller, current_caller
from protos.alerts.v1 import escalations_pb2 as pb
from protos.alerts.v1 import escalations_pb2_grpc as rpc
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.clients import Neighbours
from services.alerts.escalation import commands as steps
from services.alerts.escalation import queries


class EscalationServicer(rpc.EscalationServiceServicer):
    """Reads cases, and takes what people decide of their steps."""

    def __init__(self, changes: Changes, neighbours: Neighbours) -> None:
        self._changes, self._database = changes, changes.database
        self._neighbours = neighbours

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_EscalationServiceServicer_to_server(self, server)

    async def ListEscalations(
        self, request: pb.ListEscalationsRequest, context: Any
    ) -> pb.ListEscalationsResponse:
        async with self._database.snapshot() as session:
            return await queries.list_escalations(session, current_caller(), request)

    async def GetEscalation(
        self, request: pb.GetEscalationRequest, context: Any
    ) -> pb.GetEscalationResponse:
        today = self._changes.clock.today()
        async with self._database.snapshot() as session:
            return await queries.get_escalation(session, current_caller(), request, today)

    async def ApproveStep(
        self, request: pb.ApproveStepRequest, context: Any
    ) -> pb.ApproveStepResponse:
        caller = current_caller()
        command = partial(steps.approve, grade=await self._grade(caller, request))
        return await self._changes.once(caller, request, command, pb.ApproveStepResponse)

    async def DeclineStep(
        self, request: pb.DeclineStepRequest, context: Any
    ) -> pb.DeclineStepResponse:
        return await self._changes.once(
            current_caller(), request, steps.decline, pb.DeclineStepResponse
        )

    async def DeferStep(self, request: pb.DeferStepRequest, context: Any) -> pb.DeferStepResponse:
        return await self._changes.once(
            current_caller(), request, steps.defer, pb.DeferStepResponse
        )

    async def RecordInterview(
        self, request: pb.RecordInterviewRequest, context: Any
    ) -> pb.RecordInterviewResponse:
        return await self._changes.once(
            current_caller(), request, steps.record_interview, pb.RecordInterviewResponse
        )

    async def ListExposures(
        self, request: pb.ListExposuresRequest, context: Any
    ) -> pb.ListExposuresResponse:
        async with self._database.snapshot() as session:
            return await queries.list_exposures(session, request)

    async def _grade(self, caller: Caller, request: pb.ApproveStepRequest) -> Grade | None:
        """The grade by which an interview may be noted, where that is asked for."""
        if not request.appointment.note_in_archive:
            return None
        async with self._database.snapshot() as session:
            case = await queries.find(session, caller, request.escalation_id)
        return await self._neighbours.grade(case.subject_id, caller.account_id)

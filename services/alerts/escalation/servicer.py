"""The gRPC methods for escalation cases."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from protos.alerts.v1 import escalations_pb2 as pb
from protos.alerts.v1 import escalations_pb2_grpc as rpc
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.clients import Clients
from services.alerts.escalation import commands, queries


class EscalationServicer(Servicer, rpc.EscalationServiceServicer):
    """The gRPC service to read escalation cases and to decide on their steps."""

    register = rpc.add_EscalationServiceServicer_to_server

    def __init__(self, changes: Changes, clients: Clients) -> None:
        super().__init__(changes)
        self._clients = clients

    ListEscalations = query(queries.list_escalations)
    GetEscalation = query(queries.get_escalation)

    async def ApproveStep(
        self, request: pb.ApproveStepRequest, context: Any
    ) -> pb.ApproveStepResponse:
        return await self.once(request, commands.approve, grade=await self._grade(request))

    AlterStep = change(commands.alter)
    DeclineStep = change(commands.decline)
    DeferStep = change(commands.defer)
    RecordInterview = change(commands.record_interview)
    ListExposures = query(queries.list_exposures)

    async def _grade(self, request: pb.ApproveStepRequest) -> Grade | None:
        """The subject's grade, if the request asks to record the interview in the archive."""
        if not request.appointment.note_in_archive:
            return None
        async with self.view() as view:
            case = await queries.find(view, request.escalation_id)
        return await self._clients.grade(case.subject_id, view.caller.account_id)

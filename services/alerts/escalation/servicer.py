"""The gRPC methods for escalation cases."""

from __future__ import annotations

from typing import Any

from law.courses import Opening
from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from plumbing.short_ids import find_by_id
from protos.alerts.v1 import escalations_pb2 as pb
from protos.alerts.v1 import escalations_pb2_grpc as rpc
from protos.grading.v1.grading_pb2 import Grade
from services.alerts.clients import Clients
from services.alerts.escalation import (
    by_hand,
    commands,
    first_grades,
    interviews,
    invitations,
    queries,
    undertakings,
)
from services.alerts.exposure_lists.queries import list_exposures
from services.alerts.tables import Subject


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

    async def OpenEscalation(
        self, request: pb.OpenEscalationRequest, context: Any
    ) -> pb.OpenEscalationResponse:
        grade = await self._grade_of(request) if request.course == Opening.GRADE else None
        return await self.once(request, by_hand.open_case, grade=grade)

    AlterStep = change(commands.alter)
    DeclineStep = change(commands.decline)
    DeferStep = change(commands.defer)
    RecordInterview = change(interviews.record_interview)
    AnswerInvitation = change(invitations.answer)
    MoveInterview = change(invitations.move)
    RecordUndertaking = change(undertakings.record)
    CloseEscalation = change(by_hand.close_case)
    ListUntoldGrades = query(first_grades.list_untold_grades)
    ReleaseUntoldGrades = change(first_grades.release_untold_grades)
    ListExposures = query(list_exposures)

    async def _grade(self, request: pb.ApproveStepRequest) -> Grade | None:
        """The subject's grade, if the request asks to record the interview in the archive."""
        if not request.appointment.note_in_archive:
            return None
        async with self.view() as view:
            case = await queries.find(view, request.escalation_id)
        return await self._clients.grade(case.subject_id, view.caller.account_id)

    async def _grade_of(self, request: pb.OpenEscalationRequest) -> Grade | None:
        """The present grade of the subject for which a case is opened; None for an unknown one."""
        async with self.view() as view:
            subject = await find_by_id(view.session, Subject, request.subject_id)
        if subject is None:
            return None
        return await self._clients.grade(subject.subject_id, view.caller.account_id)

"""The gRPC methods for repairs; they call other services before their transaction begins."""

from __future__ import annotations

from typing import Any

from law.objection import CaseKind
from plumbing.change import Changes
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, change
from protos.objection.v1 import repair_pb2 as pb
from protos.objection.v1 import repair_pb2_grpc as rpc
from protos.registry.v1.registry_pb2 import Record
from services.objection import queries
from services.objection.clients import Clients
from services.objection.letters import facts_of
from services.objection.repairs import commands, lodging
from services.objection.repairs.facts import Archive, GradeBasis, grade_basis
from services.objection.tables import Case


class RepairServicer(Servicer, rpc.RepairServiceServicer):
    """The gRPC service for applications for repair. ObjectionService returns their cases."""

    register = rpc.add_RepairServiceServicer_to_server

    def __init__(self, changes: Changes, clients: Clients) -> None:
        super().__init__(changes)
        self._clients = clients

    async def CheckRepair(
        self, request: pb.CheckRepairRequest, context: Any
    ) -> pb.CheckRepairResponse:
        caller = current_caller()
        subject = await self._clients.subject(request.subject_id, caller.account_id)
        caller.require_subject(subject.subject_id, subject.bureau)
        basis, archive = await self._basis(request.subject_id)
        today = self.changes.clock.today()
        return lodging.check(request, basis=basis, archive=archive, today=today)

    async def LodgeRepair(
        self, request: pb.LodgeRepairRequest, context: Any
    ) -> pb.LodgeRepairResponse:
        caller = current_caller()
        caller.require_subject(request.subject_id, caller.bureau)
        basis, archive = await self._basis(request.subject_id)
        subject = await self._clients.subject(request.subject_id, caller.account_id)
        return await self.once(
            request, lodging.lodge, basis=basis, archive=archive, sector=subject.sector
        )

    async def RequestSupplement(
        self, request: pb.RequestSupplementRequest, context: Any
    ) -> pb.RequestSupplementResponse:
        case, today = await self._case(request.case_id), self.changes.clock.today()
        facts = await facts_of(case, self._clients, current_caller().account_id, today)
        return await self.once(request, commands.request_supplement, facts=facts)

    SupplementRepair = change(commands.supplement)

    async def AcceptRepair(
        self, request: pb.AcceptRepairRequest, context: Any
    ) -> pb.AcceptRepairResponse:
        _, archive = await self._records(request.case_id)
        return await self.once(request, commands.accept, archive=archive)

    async def DeclineRepair(
        self, request: pb.DeclineRepairRequest, context: Any
    ) -> pb.DeclineRepairResponse:
        records, _ = await self._records(request.case_id)
        return await self.once(request, commands.decline, records=records)

    async def ConfirmCondition(
        self, request: pb.ConfirmConditionRequest, context: Any
    ) -> pb.ConfirmConditionResponse:
        records, archive = await self._records(request.case_id)
        return await self.once(request, commands.confirm, records=records, archive=archive)

    async def DecideRepair(
        self, request: pb.DecideRepairRequest, context: Any
    ) -> pb.DecideRepairResponse:
        records, archive = await self._records(request.case_id)
        return await self.once(request, commands.decide, records=records, archive=archive)

    WithdrawRepair = change(commands.withdraw)

    async def _basis(self, subject_id: str) -> tuple[GradeBasis, Archive]:
        on_behalf_of = current_caller().account_id
        archive = await self._clients.archive(subject_id, on_behalf_of)
        basis = await grade_basis(self._clients, subject_id, archive, on_behalf_of)
        return basis, archive

    async def _case(self, case_id: str) -> Case:
        async with self.view() as view:
            case = await queries.find_case(view.session, case_id, CaseKind.REPAIR)
            view.caller.require_bureau(case.bureau)
        return case

    async def _records(self, case_id: str) -> tuple[list[Record], Archive]:
        """The records of a case the caller may act on, and the whole archive of its subject."""
        case = await self._case(case_id)
        archive = await self._clients.archive(case.subject_id, current_caller().account_id)
        return [record for record in archive if record.record_id in case.record_ids], archive

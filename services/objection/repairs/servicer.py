"""gRPC in → command → gRPC out for repairs; nothing is decided here."""

from __future__ import annotations

from functools import partial
from typing import Any

import grpc

from law.objection import CaseKind
from plumbing.change import Changes
from plumbing.identity import current_caller
from protos.objection.v1 import repair_pb2 as pb
from protos.objection.v1 import repair_pb2_grpc as rpc
from protos.registry.v1.registry_pb2 import Record
from services.objection import queries
from services.objection.clients import Neighbours
from services.objection.correspondence import facts_of
from services.objection.repairs import commands, lodging
from services.objection.repairs.facts import Archive, Standing, standing_of
from services.objection.tables import Case


class RepairServicer(rpc.RepairServiceServicer):
    """Hears applications for repair. What is asked of others is asked before the transaction."""

    def __init__(self, changes: Changes, neighbours: Neighbours) -> None:
        self._changes, self._neighbours = changes, neighbours

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_RepairServiceServicer_to_server(self, server)

    async def CheckRepair(
        self, request: pb.CheckRepairRequest, context: Any
    ) -> pb.CheckRepairResponse:
        caller = current_caller()
        subject = await self._neighbours.subject(request.subject_id, caller.account_id)
        caller.require_subject(subject.subject_id, subject.bureau)
        standing, archive = await self._standing(request.subject_id)
        today = self._changes.clock.today()
        return lodging.check(request, standing=standing, archive=archive, today=today)

    async def LodgeRepair(
        self, request: pb.LodgeRepairRequest, context: Any
    ) -> pb.LodgeRepairResponse:
        caller = current_caller()
        caller.require_subject(request.subject_id, caller.bureau)
        standing, archive = await self._standing(request.subject_id)
        command = partial(lodging.lodge, standing=standing, archive=archive)
        return await self._changes.once(caller, request, command, pb.LodgeRepairResponse)

    async def RequestSupplement(
        self, request: pb.RequestSupplementRequest, context: Any
    ) -> pb.RequestSupplementResponse:
        case, today = await self._case(request.case_id), self._changes.clock.today()
        behalf = current_caller().account_id
        facts = await facts_of(case, self._neighbours, behalf, today)
        command = partial(commands.request_supplement, facts=facts)
        return await self._changes.once(
            current_caller(), request, command, pb.RequestSupplementResponse
        )

    async def SupplementRepair(
        self, request: pb.SupplementRepairRequest, context: Any
    ) -> pb.SupplementRepairResponse:
        return await self._changes.once(
            current_caller(), request, commands.supplement, pb.SupplementRepairResponse
        )

    async def AcceptRepair(
        self, request: pb.AcceptRepairRequest, context: Any
    ) -> pb.AcceptRepairResponse:
        _, archive = await self._concerned(request.case_id)
        command = partial(commands.accept, archive=archive)
        return await self._changes.once(current_caller(), request, command, pb.AcceptRepairResponse)

    async def DeclineRepair(
        self, request: pb.DeclineRepairRequest, context: Any
    ) -> pb.DeclineRepairResponse:
        records, _ = await self._concerned(request.case_id)
        command = partial(commands.decline, records=records)
        return await self._changes.once(
            current_caller(), request, command, pb.DeclineRepairResponse
        )

    async def ConfirmCondition(
        self, request: pb.ConfirmConditionRequest, context: Any
    ) -> pb.ConfirmConditionResponse:
        records, archive = await self._concerned(request.case_id)
        command = partial(commands.confirm, records=records, archive=archive)
        return await self._changes.once(
            current_caller(), request, command, pb.ConfirmConditionResponse
        )

    async def DecideRepair(
        self, request: pb.DecideRepairRequest, context: Any
    ) -> pb.DecideRepairResponse:
        records, archive = await self._concerned(request.case_id)
        command = partial(commands.decide, records=records, archive=archive)
        return await self._changes.once(current_caller(), request, command, pb.DecideRepairResponse)

    async def WithdrawRepair(
        self, request: pb.WithdrawRepairRequest, context: Any
    ) -> pb.WithdrawRepairResponse:
        return await self._changes.once(
            current_caller(), request, commands.withdraw, pb.WithdrawRepairResponse
        )

    async def _standing(self, subject_id: str) -> tuple[Standing, Archive]:
        behalf = current_caller().account_id
        archive = await self._neighbours.archive(subject_id, behalf)
        return await standing_of(self._neighbours, subject_id, archive, behalf), archive

    async def _case(self, case_id: str) -> Case:
        async with self._changes.database.snapshot() as session:
            case = await queries.find_case(session, case_id, CaseKind.REPAIR)
        current_caller().require_bureau(case.bureau)
        return case

    async def _concerned(self, case_id: str) -> tuple[list[Record], Archive]:
        """The records of a case the caller may act on, and everything on file of its subject."""
        case = await self._case(case_id)
        archive = await self._neighbours.archive(case.subject_id, current_caller().account_id)
        return [one for one in archive if one.record_id in case.record_ids], archive

"""gRPC in → command or query → gRPC out; nothing is decided here."""

from __future__ import annotations

from functools import partial
from typing import Any

import grpc

from law.objection import CaseKind
from plumbing.change import Changes
from plumbing.identity import current_caller
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import objection_pb2_grpc as rpc
from protos.registry.v1.registry_pb2 import Record
from services.objection import commands, queries
from services.objection.clients import Neighbours
from services.objection.lodging import lodge


class ObjectionServicer(rpc.ObjectionServiceServicer):
    """Hears objections. What is asked of the registry is asked before the transaction."""

    def __init__(self, changes: Changes, neighbours: Neighbours) -> None:
        self._changes, self._neighbours = changes, neighbours

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_ObjectionServiceServicer_to_server(self, server)

    async def LodgeObjection(
        self, request: pb.LodgeObjectionRequest, context: Any
    ) -> pb.LodgeObjectionResponse:
        caller = current_caller()
        caller.require_subject(request.subject_id, caller.bureau)
        records = await self._neighbours.records(request.record_ids, caller.account_id)
        command = partial(lodge, records=records)
        return await self._changes.once(caller, request, command, pb.LodgeObjectionResponse)

    async def AcceptObjection(
        self, request: pb.AcceptObjectionRequest, context: Any
    ) -> pb.AcceptObjectionResponse:
        return await self._changes.once(
            current_caller(), request, commands.accept, pb.AcceptObjectionResponse
        )

    async def DeclineObjection(
        self, request: pb.DeclineObjectionRequest, context: Any
    ) -> pb.DeclineObjectionResponse:
        command = partial(commands.decline, records=await self._contested(request.case_id))
        return await self._changes.once(
            current_caller(), request, command, pb.DeclineObjectionResponse
        )

    async def WithdrawObjection(
        self, request: pb.WithdrawObjectionRequest, context: Any
    ) -> pb.WithdrawObjectionResponse:
        return await self._changes.once(
            current_caller(), request, commands.withdraw, pb.WithdrawObjectionResponse
        )

    async def RequestExtension(
        self, request: pb.RequestExtensionRequest, context: Any
    ) -> pb.RequestExtensionResponse:
        return await self._changes.once(
            current_caller(), request, commands.request_extension, pb.RequestExtensionResponse
        )

    async def DecideExtension(
        self, request: pb.DecideExtensionRequest, context: Any
    ) -> pb.DecideExtensionResponse:
        return await self._changes.once(
            current_caller(), request, commands.decide_extension, pb.DecideExtensionResponse
        )

    async def DecideObjection(
        self, request: pb.DecideObjectionRequest, context: Any
    ) -> pb.DecideObjectionResponse:
        command = partial(commands.decide, records=await self._contested(request.case_id))
        return await self._changes.once(
            current_caller(), request, command, pb.DecideObjectionResponse
        )

    async def GetCase(self, request: pb.GetCaseRequest, context: Any) -> pb.GetCaseResponse:
        async with self._changes.database.snapshot() as session:
            today = self._changes.clock.today()
            return await queries.get_case(session, current_caller(), request, today)

    async def ListCases(self, request: pb.ListCasesRequest, context: Any) -> pb.ListCasesResponse:
        async with self._changes.database.snapshot() as session:
            today = self._changes.clock.today()
            return await queries.list_cases(session, current_caller(), request, today)

    async def _contested(self, case_id: str) -> list[Record]:
        """The records of a case the caller may act on, as the register holds them."""
        caller = current_caller()
        async with self._changes.database.snapshot() as session:
            case = await queries.find_case(session, case_id, CaseKind.OBJECTION)
        caller.require_bureau(case.bureau)
        return await self._neighbours.records(case.record_ids, caller.account_id)

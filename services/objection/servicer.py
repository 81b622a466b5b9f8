"""The gRPC methods for objections and reconsiderations.

They call the registry before their transaction begins.
"""

from __future__ import annotations

from typing import Any

from law.objection import CaseKind, competent_bureau, municipal_bureau
from plumbing.identity import current_caller
from plumbing.servicer import change, query
from protos.objection.v1 import objection_pb2 as pb
from protos.objection.v1 import objection_pb2_grpc as rpc
from services.objection import commands, decided_matters, names, overview, queries, supplements
from services.objection.contested import reading
from services.objection.lodging import lodge
from services.objection.mandates import require_party
from services.objection.reconsiderations import lodging as reconsiderations
from services.objection.servicer_supplements import Supplements


class ObjectionServicer(Supplements, rpc.ObjectionServiceServicer):
    """The gRPC service for objections and reconsiderations; it also reads cases of every kind."""

    register = rpc.add_ObjectionServiceServicer_to_server

    async def CheckObjection(
        self, request: pb.CheckObjectionRequest, context: Any
    ) -> pb.CheckObjectionResponse:
        caller = current_caller()
        caller.require_subject(request.subject_id, caller.bureau)
        records = await self._clients.archive(request.subject_id, caller.account_id)
        async with self.view() as view:
            return await decided_matters.check(view, request, records=records)

    async def LodgeObjection(
        self, request: pb.LodgeObjectionRequest, context: Any
    ) -> pb.LodgeObjectionResponse:
        caller = current_caller()
        if not request.HasField("mandate"):
            caller.require_subject(request.subject_id, caller.bureau)
        read = await reading.to_lodge(self._clients, request, caller.account_id)
        return await self.once(request, lodge, **read)

    async def LodgeReconsideration(
        self, request: pb.LodgeReconsiderationRequest, context: Any
    ) -> pb.LodgeReconsiderationResponse:
        async with self.view() as view:
            case = await queries.find_case(view.session, request.case_id, *supplements.KINDS)
            require_party(view.caller, case, view.today)
        read = await reading.to_reconsider(self._clients, case, view.caller.account_id)
        municipal = municipal_bureau(case.bureau, await self._clients.bureaus())
        bureau = competent_bureau(CaseKind.RECONSIDERATION, case.bureau, municipal)
        return await self.once(request, reconsiderations.lodge, bureau=bureau, **read)

    AcceptObjection = change(commands.accept)

    async def DeclineObjection(
        self, request: pb.DeclineObjectionRequest, context: Any
    ) -> pb.DeclineObjectionResponse:
        case = await self._case(request.case_id)
        records = await self._clients.records(case.record_ids, current_caller().account_id)
        return await self.once(request, commands.decline, records=records)

    WithdrawObjection = change(commands.withdraw)
    RequestExtension = change(commands.request_extension)
    DecideExtension = change(commands.decide_extension)

    async def DecideObjection(
        self, request: pb.DecideObjectionRequest, context: Any
    ) -> pb.DecideObjectionResponse:
        case = await self._case(request.case_id)
        behalf = current_caller().account_id
        records = await reading.to_decide(self._clients, case, request, behalf)
        return await self.once(request, commands.decide, records=records)

    GetCase = query(queries.get_case)
    ListCases = names.query_with_names(queries.list_cases)
    SummariseCases = query(overview.summarise_cases)

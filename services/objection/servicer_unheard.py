"""The gRPC methods about cases that nobody of their bureau may hear."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.servicer import Servicer
from protos.objection.v1 import objection_pb2 as pb
from services.objection import queries
from services.objection.clients import Clients
from services.objection.hearers import Hearings, hand_over, list_unheard
from services.objection.supplements import KINDS


class UnheardCases(Servicer):
    """The part of the service for objections that asks the registry for the people of bureaus."""

    def __init__(self, changes: Changes, clients: Clients) -> None:
        super().__init__(changes)
        self._clients = clients

    async def ListUnheardCases(
        self, request: pb.ListUnheardCasesRequest, context: Any
    ) -> pb.ListUnheardCasesResponse:
        async with self.view() as view:
            return await list_unheard(view, request, self._clients)

    async def HandOverCase(
        self, request: pb.HandOverCaseRequest, context: Any
    ) -> pb.HandOverCaseResponse:
        async with self.view() as view:
            case = await queries.find_case(view.session, request.case_id, *KINDS)
            state = None
            if view.caller.covers(case.bureau):  # no longer if this request was carried out before
                state = await Hearings(view, self._clients, exact=True).unheard(case)
        return await self.once(request, hand_over, state=state)

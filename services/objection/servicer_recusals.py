"""The gRPC methods about recusal, which ask the registry for the people of bureaus."""

from __future__ import annotations

from typing import Any

from plumbing.view import View
from protos.objection.v1 import objection_pb2 as pb
from services.objection import queries, recusals
from services.objection.hearers import Hearings
from services.objection.mandates import require_party
from services.objection.recusal_list import HEAD, case_of, list_of_case, list_waiting, people_of
from services.objection.servicer_unheard import UnheardCases
from services.objection.tables import Case


class Recusals(UnheardCases):
    """The part of the service for cases about who is asked to stand back from one."""

    async def ListRecusals(
        self, request: pb.ListRecusalsRequest, context: Any
    ) -> pb.ListRecusalsResponse:
        async with self.view() as view:
            if not request.case_id:
                return await list_waiting(view)
            case = await self._seen(view, request.case_id)
            hearings = Hearings(view, self._clients, exact=True)
            return await list_of_case(view, case, await people_of(view, case, hearings))

    async def AskRecusal(
        self, request: pb.AskRecusalRequest, context: Any
    ) -> pb.AskRecusalResponse:
        async with self.view() as view:
            case = await self._seen(view, request.case_id)
            hearings = Hearings(view, self._clients, exact=True)
            people = await people_of(view, case, hearings)
            above = await hearings.with_role_above(case.bureau, HEAD)
        return await self.once(request, recusals.ask, may_be_asked=people.may_be_asked, above=above)

    async def DecideRecusal(
        self, request: pb.DecideRecusalRequest, context: Any
    ) -> pb.DecideRecusalResponse:
        successors: set[str] = set()
        async with self.view() as view:
            case = await case_of(view, request.recusal_id)
            if case is not None and request.successor and view.caller.covers(case.bureau):
                people = await people_of(view, case, Hearings(view, self._clients, exact=True))
                successors = {one.account_id for one in people.successors}
        return await self.once(request, recusals.decide, successors=successors)

    async def _seen(self, view: View, case_id: str) -> Case:
        case = await queries.find_case(view.session, case_id)
        require_party(view.caller, case, view.today)
        return case

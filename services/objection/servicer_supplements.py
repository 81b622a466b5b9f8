"""The gRPC methods about supplements and later mandates, which an application needs."""

from __future__ import annotations

from typing import Any

from plumbing.identity import current_caller
from plumbing.servicer import change
from protos.objection.v1 import objection_pb2 as pb
from services.objection import queries, renewals, supplements
from services.objection.letters import facts_of
from services.objection.servicer_recusals import Recusals
from services.objection.tables import Case


class Supplements(Recusals):
    """The part of the service for cases by which an application is completed."""

    async def AskSupplement(
        self, request: pb.AskSupplementRequest, context: Any
    ) -> pb.AskSupplementResponse:
        case, today = await self._case(request.case_id), self.changes.clock.today()
        facts = await facts_of(case, self._clients, current_caller().account_id, today)
        return await self.once(request, supplements.ask, facts=facts)

    SupplementObjection = change(supplements.supplement)
    RenewMandate = change(renewals.renew)
    CheckMandate = change(renewals.check)

    async def _case(self, case_id: str) -> Case:
        """An objection or reconsideration that the caller may act on."""
        async with self.view() as view:
            case = await queries.find_case(view.session, case_id, *supplements.KINDS)
            view.caller.require_bureau(case.bureau)
        return case

"""The gRPC service that brings rulesets into force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from plumbing.change import Changes
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, change, query
from protos.grading.v1 import rulesets_pb2 as pb
from protos.grading.v1 import rulesets_pb2_grpc as rpc
from services.grading.rulesets import commands, impacts, queries


class RulesetServicer(Servicer, rpc.RulesetServiceServicer):
    """Lists the rulesets, computes the impact of one on the grades, and brings it into force.

    `wake` starts a round of grading at once, `start` the impacts that wait to be run; neither fails
    or waits.
    """

    register = rpc.add_RulesetServiceServicer_to_server

    def __init__(
        self, changes: Changes, wake: Callable[[], None], start: Callable[[], None]
    ) -> None:
        super().__init__(changes)
        self._wake, self._start = wake, start

    ListRulesets = query(queries.list_rulesets)
    ListActivations = query(queries.list_activations)

    async def RunImpact(self, request: pb.RunImpactRequest, context: Any) -> pb.RunImpactResponse:
        today = self.changes.clock.today()
        scope, text, as_of = commands.read_request(current_caller(), request, today)
        result = await impacts.run(self.changes.database, scope, text, as_of)
        return await self.once(request, commands.keep_impact, result=result, text=text)

    async def StartImpact(
        self, request: pb.StartImpactRequest, context: Any
    ) -> pb.StartImpactResponse:
        response = await self.once(request, commands.start_impact)
        self._start()
        return response

    ListImpacts = query(queries.list_impacts)
    GetImpact = query(queries.get_impact)
    ListImpactMoves = query(queries.list_impact_moves)
    AcknowledgeImpact = change(commands.acknowledge)

    async def ActivateRuleset(
        self, request: pb.ActivateRulesetRequest, context: Any
    ) -> pb.ActivateRulesetResponse:
        response = await self.once(request, commands.activate)
        self._wake()
        return response

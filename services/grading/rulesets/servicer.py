"""gRPC in → command or query → gRPC out, for bringing texts into force."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import grpc

from law.texts_in_force import load as texts
from plumbing.change import Change, Changes
from plumbing.identity import current_caller
from protos.grading.v1 import rulesets_pb2 as pb
from protos.grading.v1 import rulesets_pb2_grpc as rpc
from services.grading.rulesets import commands as rulesets
from services.grading.rulesets import impacts
from services.grading.rulesets import queries as ruleset_queries
from services.grading.rulesets import wire as wire_rulesets


class RulesetServicer(rpc.RulesetServiceServicer):
    """Says which texts there are, what one would do, and brings it into force.

    `wake` has what is due graded at once; it neither fails nor waits.
    """

    def __init__(self, changes: Changes, wake: Callable[[], None]) -> None:
        self._changes, self._wake = changes, wake

    def register(self, server: grpc.aio.Server) -> None:
        """Adds this service to a server."""
        rpc.add_RulesetServiceServicer_to_server(self, server)

    async def ListRulesets(
        self, request: pb.ListRulesetsRequest, context: Any
    ) -> pb.ListRulesetsResponse:
        return pb.ListRulesetsResponse(rulesets=map(wire_rulesets.ruleset, texts.list_rulesets()))

    async def ListActivations(
        self, request: pb.ListActivationsRequest, context: Any
    ) -> pb.ListActivationsResponse:
        async with self._changes.database.snapshot() as session:
            rows, token = await ruleset_queries.activations(session, current_caller(), request)
        told = map(wire_rulesets.activation, rows)
        return pb.ListActivationsResponse(activations=told, next_page_token=token)

    async def RunImpact(self, request: pb.RunImpactRequest, context: Any) -> pb.RunImpactResponse:
        caller, today = current_caller(), self._changes.clock.today()
        scope, text, as_of = rulesets.asked(caller, request, today)
        found = await impacts.find(self._changes.database, scope, text, as_of)

        async def keep(change: Change, request: pb.RunImpactRequest) -> pb.RunImpactResponse:
            return await rulesets.keep_impact(change, request, found, text)

        return await self._changes.once(caller, request, keep, pb.RunImpactResponse)

    async def GetImpact(self, request: pb.GetImpactRequest, context: Any) -> pb.GetImpactResponse:
        async with self._changes.database.snapshot() as session:
            row = await ruleset_queries.impact(session, current_caller(), request.impact_id)
        return pb.GetImpactResponse(impact=wire_rulesets.impact(row))

    async def ListImpactMoves(
        self, request: pb.ListImpactMovesRequest, context: Any
    ) -> pb.ListImpactMovesResponse:
        async with self._changes.database.snapshot() as session:
            rows, token = await ruleset_queries.moves(session, current_caller(), request)
        told = map(wire_rulesets.move, rows)
        return pb.ListImpactMovesResponse(moves=told, next_page_token=token)

    async def AcknowledgeImpact(
        self, request: pb.AcknowledgeImpactRequest, context: Any
    ) -> pb.AcknowledgeImpactResponse:
        return await self._changes.once(
            current_caller(), request, rulesets.acknowledge, pb.AcknowledgeImpactResponse
        )

    async def ActivateRuleset(
        self, request: pb.ActivateRulesetRequest, context: Any
    ) -> pb.ActivateRulesetResponse:
        answer = await self._changes.once(
            current_caller(), request, rulesets.activate, pb.ActivateRulesetResponse
        )
        self._wake()
        return answer

"""The gRPC service for proposals."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import proposals_pb2 as pb
from protos.registry.v1 import proposals_pb2_grpc as rpc
from services.registry.imports.batch.undo import Undoing
from services.registry.proposals import decide, queries


class ProposalServicer(Servicer, rpc.ProposalServiceServicer):
    """Lists proposals, and carries them out once a second person releases them."""

    register = rpc.add_ProposalServiceServicer_to_server

    ListProposals = query(queries.list_proposals)
    GetProposal = query(queries.get_proposal)

    def __init__(self, changes: Changes, undoing: Undoing) -> None:
        super().__init__(changes)
        self._undoing = undoing

    async def ReleaseProposal(
        self, request: pb.ReleaseProposalRequest, context: Any
    ) -> pb.ReleaseProposalResponse:
        async with self.view() as view:
            undo = await decide.undo_to_release(view, request.proposal_id)
        if undo is None:
            return await self.once(request, decide.release_proposal)
        return await self._undoing.undo(
            current_caller(),
            undo,
            lambda undone: self.once(request, decide.release_proposal, undone=undone),
            released=True,
        )

    DeclineProposal = change(decide.decline_proposal)
    WithdrawProposal = change(decide.withdraw_proposal)

"""The gRPC service for proposals."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import proposals_pb2_grpc as rpc
from services.registry.proposals import decide, queries


class ProposalServicer(Servicer, rpc.ProposalServiceServicer):
    """Lists proposals, and carries them out once a second person releases them."""

    register = rpc.add_ProposalServiceServicer_to_server

    ListProposals = query(queries.list_proposals)
    GetProposal = query(queries.get_proposal)
    ReleaseProposal = change(decide.release_proposal)
    DeclineProposal = change(decide.decline_proposal)
    WithdrawProposal = change(decide.withdraw_proposal)

"""The gRPC methods for the figures that bureaus set for their follow-ups."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.alerts.v1 import ladders_pb2_grpc as rpc
from services.alerts.ladders import commands, queries


class LadderServicer(Servicer, rpc.LadderServiceServicer):
    """Proposes, approves, discards and lists figures of bureaus."""

    register = rpc.add_LadderServiceServicer_to_server

    ProposeLadder = change(commands.propose)
    ApproveLadder = change(commands.approve)
    DiscardLadder = change(commands.discard)
    ListLadders = query(queries.list_ladders)

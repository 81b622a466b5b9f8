"""The gRPC service for what is perhaps the same."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import sameness_pb2_grpc as rpc
from services.registry.sameness import deciding, queries


class SamenessServicer(Servicer, rpc.SamenessServiceServicer):
    """Lists what is perhaps the same, and takes the decision of a person."""

    register = rpc.add_SamenessServiceServicer_to_server

    ListLikenesses = query(queries.list_likenesses)
    GetLikeness = query(queries.get_likeness)
    JoinLikeness = change(deciding.join_likeness)
    KeepApart = change(deciding.keep_apart)

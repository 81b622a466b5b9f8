"""The gRPC service for permits."""

from __future__ import annotations

from plumbing.servicer import Servicer, change, query
from protos.registry.v1 import permits_pb2_grpc as rpc
from services.registry.permits import commands, queries


class PermitServicer(Servicer, rpc.PermitServiceServicer):
    """Lists the permits of metrology that people or imports entered, and ends them as told."""

    register = rpc.add_PermitServiceServicer_to_server

    ListPermits = query(queries.list_permits)
    GetPermit = query(queries.get_permit)
    PutPermit = change(commands.put_permit)
    EndPermit = change(commands.end_permit)

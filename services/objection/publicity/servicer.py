"""The gRPC service of what the public is told of cases."""

from __future__ import annotations

from plumbing.servicer import Servicer, query
from protos.objection.v1 import publicity_pb2_grpc as rpc
from services.objection.publicity import queries


class PublicityServicer(Servicer, rpc.PublicityServiceServicer):
    """Lists announced repairs and changes of public records, for everybody."""

    register = rpc.add_PublicityServiceServicer_to_server

    ListAnnouncements = query(queries.list_announcements)
    ListRecordChanges = query(queries.list_record_changes)

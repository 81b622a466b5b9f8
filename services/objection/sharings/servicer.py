"""The gRPC service of sharings; it asks the registry about the records before a change."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.identity import current_caller
from plumbing.servicer import Servicer, change, query
from protos.objection.v1 import sharings_pb2 as pb
from protos.objection.v1 import sharings_pb2_grpc as rpc
from services.objection.clients import Clients
from services.objection.sharings import commands, queries
from services.objection.sharings.reading import to_share


class SharingServicer(Servicer, rpc.SharingServiceServicer):
    """Enters and lists with whom records were shared, and what they were told since."""

    register = rpc.add_SharingServiceServicer_to_server

    def __init__(self, changes: Changes, clients: Clients) -> None:
        super().__init__(changes)
        self._clients = clients

    async def RecordSharing(
        self, request: pb.RecordSharingRequest, context: Any
    ) -> pb.RecordSharingResponse:
        caller, today = current_caller(), self.changes.clock.today()
        shared = await to_share(self._clients, request, caller, today)
        return await self.once(request, commands.record_sharing, shared=shared)

    EndSharing = change(commands.end_sharing)
    ListSharings = query(queries.list_sharings)
    ListReceiverNotices = query(queries.list_receiver_notices)
    RecordNoticeSent = change(commands.record_notice_sent)

"""The gRPC methods for the channels of bureaus."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from plumbing.settings import Settings
from protos.alerts.v1 import channels_pb2 as pb
from protos.alerts.v1 import channels_pb2_grpc as rpc
from services.alerts.bureau_channels import commands, queries
from services.alerts.bureau_channels.addresses import apprise_address
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.webhooks.tables import ChannelKind


class ChannelServicer(Servicer, rpc.ChannelServiceServicer):
    """Adds, tries, switches, removes and lists the channels of bureaus."""

    register = rpc.add_ChannelServiceServicer_to_server

    def __init__(self, changes: Changes, settings: Settings) -> None:
        super().__init__(changes)
        self._private, self._ports = settings.webhook_private, settings.webhook_port_numbers
        self._secrets = SealedSecrets(settings.keys_dir)

    async def AddChannel(
        self, request: pb.AddChannelRequest, context: Any
    ) -> pb.AddChannelResponse:
        kind = ChannelKind(request.service)
        address = await apprise_address(
            kind, request.address, request.secret, private=self._private, ports=self._ports
        )
        return await self.once(request, commands.add, address=address, secrets=self._secrets)

    SwitchChannel = change(commands.switch)
    RemoveChannel = change(commands.remove)
    TestChannel = change(commands.test)
    ListChannels = query(queries.list_channels)
    ListChannelMessages = query(queries.list_messages)

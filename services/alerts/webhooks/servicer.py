"""The gRPC methods for the webhooks of a subject."""

from __future__ import annotations

from typing import Any

from plumbing.change import Changes
from plumbing.servicer import Servicer, change, query
from plumbing.settings import Settings
from protos.alerts.v1 import webhooks_pb2 as pb
from protos.alerts.v1 import webhooks_pb2_grpc as rpc
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.webhooks import commands, queries
from services.alerts.webhooks.addresses import require_address


class WebhookServicer(Servicer, rpc.WebhookServiceServicer):
    """Adds, tries, switches, removes and lists the webhooks of the caller's subject."""

    register = rpc.add_WebhookServiceServicer_to_server

    def __init__(self, changes: Changes, settings: Settings) -> None:
        super().__init__(changes)
        self._private, self._ports = settings.webhook_private, settings.webhook_port_numbers
        self._secrets = SealedSecrets(settings.keys_dir)

    async def AddWebhook(
        self, request: pb.AddWebhookRequest, context: Any
    ) -> pb.AddWebhookResponse:
        # Before the transaction: a name server may take its time.
        await require_address(request.url, private=self._private, ports=self._ports)
        return await self.once(request, commands.add, secrets=self._secrets)

    async def RenewWebhookSecret(
        self, request: pb.RenewWebhookSecretRequest, context: Any
    ) -> pb.RenewWebhookSecretResponse:
        return await self.once(request, commands.renew_secret, secrets=self._secrets)

    SwitchWebhook = change(commands.switch)
    RemoveWebhook = change(commands.remove)
    TestWebhook = change(commands.test)
    ListWebhooks = query(queries.list_webhooks)
    ListWebhookMessages = query(queries.list_messages)

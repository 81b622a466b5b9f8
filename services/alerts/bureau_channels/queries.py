"""Queries of the channels of bureaus, and of what was sent to them."""

from __future__ import annotations

from sqlmodel import col, select

from plumbing import row_scope
from plumbing.view import View
from protos.alerts.v1 import channels_pb2 as pb
from protos.alerts.v1 import webhooks_pb2
from services.alerts.bureau_channels import wire
from services.alerts.bureau_channels.commands import find
from services.alerts.webhooks.queries import messages_of
from services.alerts.webhooks.tables import Webhook, of_bureaus


async def list_channels(view: View, _request: pb.ListChannelsRequest) -> pb.ListChannelsResponse:
    """Returns the channels of the bureaus in the caller's scope, the oldest first."""
    rows = select(Webhook).where(of_bureaus(), row_scope.covered(view.caller, Webhook.bureau))
    found = await view.session.exec(rows.order_by(col(Webhook.added_at), col(Webhook.webhook_id)))
    return pb.ListChannelsResponse(channels=map(wire.channel, found))


async def list_messages(
    view: View, request: pb.ListChannelMessagesRequest
) -> pb.ListChannelMessagesResponse:
    """Returns a page of the messages of a channel, the newest first; or raises NotFound."""
    channel = await find(view, request.channel_id)
    of_it = webhooks_pb2.ListWebhookMessagesRequest(
        webhook_id=channel.webhook_id, page_size=request.page_size, page_token=request.page_token
    )
    answer = await messages_of(view, of_it, channel)
    total = answer.total if answer.HasField("total") else None
    return pb.ListChannelMessagesResponse(
        messages=answer.messages,
        next_page_token=answer.next_page_token,
        total=total,
        more_than=answer.more_than,
    )

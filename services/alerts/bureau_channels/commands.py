"""Keeps the channels of bureaus. Every function is one transaction."""

from __future__ import annotations

from uuid import uuid4

from law.errors import NotFound
from plumbing.change import Change
from plumbing.identity import Caller
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.alerts.v1 import channels_pb2 as pb
from services.alerts.bureau_channels import wire
from services.alerts.bureau_channels.addresses import host_of
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.tables import Bureau
from services.alerts.webhooks import changing
from services.alerts.webhooks.tables import ChannelKind, Webhook


async def add(
    change: Change, request: pb.AddChannelRequest, *, address: str, secrets: SealedSecrets
) -> pb.AddChannelResponse:
    """Adds a channel to a bureau; `address` is the one for Apprise, which is stored sealed.

    Raises NotPermitted outside the caller's scope and NotFound for an unknown bureau.
    """
    change.caller.require_bureau(request.bureau)
    if await change.session.get(Bureau, request.bureau) is None:
        raise NotFound("没有这个机关", "There is no such bureau", bureau=request.bureau)
    channel_id, kind = uuid4().hex, ChannelKind(request.service)
    row = Webhook(
        webhook_id=channel_id,
        service=kind,
        subject_id="",
        bureau=request.bureau,
        url=host_of(kind, request.address),
        kinds=list(request.kinds),
        sealed_secret=secrets.seal(channel_id, address),
        secret_set_at=change.at,
        added_by=change.on_behalf_of,
        added_at=change.at,
    )
    change.session.add(row)
    after = {"service": kind.value, "url": row.url, "kinds": row.kinds}
    changing.audit(change, "add_channel", row, after=after)
    return pb.AddChannelResponse(channel=wire.channel(row))


async def switch(change: Change, request: pb.SwitchChannelRequest) -> pb.SwitchChannelResponse:
    """Switches a channel off or on; does nothing if it stands so. Raises NotFound."""
    row = await find(change, request.channel_id)
    changing.switch(change, row, enabled=request.enabled)
    return pb.SwitchChannelResponse(channel=wire.channel(row))


async def remove(change: Change, request: pb.RemoveChannelRequest) -> pb.RemoveChannelResponse:
    """Removes a channel with its messages and their receipts. Raises NotFound."""
    await changing.remove(change, await find(change, request.channel_id))
    return pb.RemoveChannelResponse()


async def test(change: Change, request: pb.TestChannelRequest) -> pb.TestChannelResponse:
    """Sends a message that only tries a channel; raises as `changing.test`."""
    row = await find(change, request.channel_id)
    return pb.TestChannelResponse(message=await changing.test(change, row))


async def find(by: Change | View, channel_id: str) -> Webhook:
    """Returns a channel of a bureau in the caller's scope, locked for a change; or NotFound."""
    lock = isinstance(by, Change)
    row = await find_by_id(by.session, Webhook, channel_id, lock=lock)
    if row is None or not _sees(by.caller, row):
        raise NotFound("没有这个通知渠道", "There is no such channel", channel=channel_id)
    return row


def _sees(caller: Caller, row: Webhook) -> bool:
    return row.is_of_bureau and caller.covers(row.bureau)

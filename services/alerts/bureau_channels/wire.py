"""Converts the channels of bureaus to protobuf messages, without their secrets."""

from __future__ import annotations

from protos.alerts.v1 import channels_pb2 as pb
from services.alerts.escalation.wire import stamp
from services.alerts.webhooks.tables import Webhook


def channel(row: Webhook) -> pb.Channel:
    """Returns the message of a channel."""
    return pb.Channel(
        channel_id=row.webhook_id,
        bureau=row.bureau,
        service=row.service.value,
        host=row.url,
        kinds=row.kinds,
        enabled=not row.disabled_why,
        added_by=row.added_by,
        added_at=stamp(row.added_at),
        failing_since=stamp(row.failing_since),
        disabled_at=stamp(row.disabled_at),
        disabled_why=row.disabled_why.value,
    )

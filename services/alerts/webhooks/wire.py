"""Converts webhooks, their messages and receipts to protobuf messages."""

from __future__ import annotations

from collections.abc import Sequence

from protos.alerts.v1 import webhooks_pb2 as pb
from services.alerts.escalation.wire import stamp
from services.alerts.webhooks.tables import Webhook, WebhookAttempt, WebhookMessage


def webhook(row: Webhook) -> pb.Webhook:
    """Returns the message of a webhook, without its secret."""
    return pb.Webhook(
        webhook_id=row.webhook_id,
        url=row.url,
        kinds=row.kinds,
        enabled=not row.disabled_why,
        added_by=row.added_by,
        added_at=stamp(row.added_at),
        failing_since=stamp(row.failing_since),
        disabled_at=stamp(row.disabled_at),
        disabled_why=row.disabled_why.value,
        secret_set_at=stamp(row.secret_set_at),
    )


def message(row: WebhookMessage, attempts: Sequence[WebhookAttempt] = ()) -> pb.WebhookMessage:
    """Returns the message of a message with its receipts."""
    return pb.WebhookMessage(
        message_id=row.message_id,
        type=row.type,
        notice_id=row.notice_id,
        state=row.state.value,
        created_at=stamp(row.created_at),
        ended_at=stamp(row.ended_at),
        attempts=map(_attempt, attempts),
    )


def _attempt(row: WebhookAttempt) -> pb.WebhookAttempt:
    return pb.WebhookAttempt(
        number=row.number,
        at=stamp(row.at),
        status=row.status,
        error=row.error,
        milliseconds=row.milliseconds,
    )

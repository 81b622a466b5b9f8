"""What is done to a webhook or channel in the same way, whoever owns it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import WrongState
from plumbing.change import Change
from protos.alerts.v1 import events_pb2
from protos.alerts.v1 import webhooks_pb2 as pb
from services.alerts.webhooks import messages, outcomes, wire
from services.alerts.webhooks.tables import (
    Disabled,
    MessageState,
    Webhook,
    WebhookAttempt,
    WebhookMessage,
    by_channel,
)


def switch(change: Change, row: Webhook, *, enabled: bool) -> None:
    """Switches a webhook off or on; does nothing if it stands so."""
    if enabled != bool(row.disabled_why):
        return
    before = row.disabled_why
    row.disabled_why = Disabled.ON if enabled else Disabled.PERSON
    row.disabled_at = None if enabled else change.at
    row.failing_since = None
    states = {"disabled_why": before.value}, {"disabled_why": row.disabled_why.value}
    audit(change, "switch_webhook", row, before=states[0], after=states[1])


async def remove(change: Change, row: Webhook) -> None:
    """Removes a webhook with its messages and their receipts.

    A notice that was kept from the mail because this webhook was to take it is mailed.
    """
    waiting = select(WebhookMessage).where(
        by_channel(row), col(WebhookMessage.state) == MessageState.PENDING
    )
    for message in (await change.session.exec(waiting)).all():
        await outcomes.mail_instead(change, message)
    of_it = sa.select(col(WebhookMessage.message_id)).where(by_channel(row))
    connection = await change.session.connection()
    receipts = sa.delete(WebhookAttempt).where(col(WebhookAttempt.message_id).in_(of_it))
    await connection.execute(receipts)
    await connection.execute(sa.delete(WebhookMessage).where(by_channel(row)))
    await change.session.delete(row)
    audit(change, "remove_webhook", row, before={"url": row.place, "kinds": row.kinds})


async def test(change: Change, row: Webhook) -> pb.WebhookMessage:
    """Writes a message that only tries a webhook, and announces it.

    Raises WrongState for a webhook that is off, and while an earlier test waits.
    """
    if row.disabled_why:
        raise WrongState("已停用，请先启用", "It is off; switch it on first")
    waiting = select(WebhookMessage).where(
        col(WebhookMessage.webhook_id) == row.webhook_id,
        col(WebhookMessage.type) == messages.TEST,
        col(WebhookMessage.state) == MessageState.PENDING,
    )
    if (await change.session.exec(waiting)).first() is not None:
        raise WrongState("上一条测试消息还在发送", "An earlier test is still on its way")
    message = messages.test_of(row, change.at)
    change.session.add(message)
    audit(change, "test_webhook", row)
    event = events_pb2.WebhookMessagesWritten(message_ids=[message.message_id])
    await change.announce(event, aggregate=f"webhook/{row.webhook_id}", bureau=row.bureau)
    return wire.message(message)


def audit(change: Change, action: str, row: Webhook, **values: Any) -> None:
    """Adds an audit entry of an act on a webhook."""
    change.audit(action, f"webhook/{row.webhook_id}", bureau=row.bureau, **values)

"""Removes old messages of webhooks with their receipts; the notices stay as long as they do."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from sqlmodel import col, select

from plumbing.change import Changes
from plumbing.identity import service_caller
from plumbing.pruning.portions import PORTION, Paused
from services.alerts.webhooks.tables import MessageState, WebhookAttempt, WebhookMessage

_CALLER = service_caller("alerts")


class MessagePruner:
    """Removes messages that have ended and are older than they are `kept`."""

    def __init__(self, changes: Changes, kept: timedelta) -> None:
        self._changes, self._kept = changes, kept

    async def prune(self, paused: Paused) -> dict[str, int]:
        """Removes them, 500 in a transaction with an audit entry; returns how many."""
        total = 0
        while removed := await self._prune_portion():
            total += removed
            await paused()
        return {"webhook_message": total}

    async def _prune_portion(self) -> int:
        async with self._changes.change(_CALLER) as change:
            old = select(WebhookMessage.message_id).where(
                col(WebhookMessage.state) != MessageState.PENDING,
                col(WebhookMessage.created_at) < change.at - self._kept,
            )
            ids = (await change.session.exec(old.limit(PORTION))).all()
            if ids:
                connection = await change.session.connection()
                for table in (WebhookAttempt, WebhookMessage):
                    of_these = col(table.message_id).in_(ids)
                    await connection.execute(sa.delete(table).where(of_these))
                change.audit("prune_webhook_messages", "webhooks", after={"messages": len(ids)})
        return len(ids)

"""The webhook of the settings, to which the checkpoints of the audit go each day."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlmodel import col

from law.errors import Fault, InvalidInput
from plumbing.settings import Settings
from plumbing.webhook_secrets import key_of
from services.alerts.tables import Notice, NoticeKind
from services.alerts.webhooks.sending import Receiver, post

BY_WEBHOOK: sa.ColumnElement[bool] = sa.and_(
    col(Notice.kind) == NoticeKind.CHECKPOINT, col(Notice.address).startswith("http")
)


def is_webhook(notice: Notice) -> bool:
    """Returns whether a notice goes to a program, not into a mailbox."""
    return notice.kind is NoticeKind.CHECKPOINT and notice.address.startswith("http")


def require_secret(settings: Settings) -> None:
    """Raises InvalidInput if the settings name a webhook without a secret of 24 to 64 bytes."""
    if settings.checkpoint_webhook and not key_of(settings.checkpoint_webhook_secret):
        zh = "须为 whsec_ 加 24–64 个字节的 base64"
        en = "must be whsec_ and 24 to 64 bytes in base64"
        raise InvalidInput(faults=[Fault("checkpoint_webhook_secret", zh, en)])


async def send(notice: Notice, settings: Settings, now: datetime) -> None:
    """Sends the body of a notice to its address; raises WebhookError if it is not accepted."""
    receiver = Receiver(
        notice.address,
        settings.checkpoint_webhook_secret,
        private=settings.checkpoint_webhook_private,
        ca_file=settings.checkpoint_webhook_ca_file,
    )
    await post(receiver, notice.notice_id, notice.body, now)

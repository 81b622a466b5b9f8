"""What a text message says and to whom it goes, read when it is sent.

So nothing goes to a number that was taken away meanwhile, and a code stands in no message.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel.ext.asyncio.session import AsyncSession

from services.alerts.notices.preferences import preference_of
from services.alerts.notices.quiet_hours import waits
from services.alerts.sealed_secrets import SealedSecrets
from services.alerts.tables import MobileNumber, Notice
from services.alerts.text_messages import texts
from services.alerts.text_messages.commands import CODE_LASTS, OF_CODE, owner_of
from services.alerts.text_messages.writing import OF_NOTICE
from services.alerts.webhooks.tables import WebhookMessage

TYPES = (OF_CODE, OF_NOTICE)


@dataclass(frozen=True)
class TextMessage:
    """A text, the number to which it goes, and how long it waits in quiet hours; None if not."""

    number: str
    text: str
    pause: timedelta | None = None


async def text_message_of(
    session: AsyncSession,
    message: WebhookMessage,
    sealed: SealedSecrets,
    portal_url: str,
    now: datetime,
) -> TextMessage | None:
    """Returns what a message is to say now; None if it is not to be sent any more.

    That is so when the number was taken away, the code has ended, or another one was sent.
    """
    row = await session.get(MobileNumber, message.data["subject_id"])
    wish = await preference_of(session, message.data["subject_id"])
    if row is None:
        return None
    if message.type == OF_CODE:
        code = sealed.open(owner_of(row.subject_id), row.sealed_code) if row.sealed_code else ""
        if not code or row.code_at is None or row.code_at.isoformat() != message.data["code_at"]:
            return None
        if now - row.code_at > CODE_LASTS:
            return None
        minutes = int(CODE_LASTS.total_seconds() // 60)
        return TextMessage(row.asked, texts.of_code(code, wish.language, minutes))
    notice = await session.get(Notice, message.notice_id)
    if notice is None or not row.number:
        return None
    text = texts.of_notice(notice.kind, wish.language, portal_url)
    return TextMessage(row.number, text, waits(notice, wish, now))

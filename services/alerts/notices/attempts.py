"""Receipts: what became of each attempt to deliver a notice, by mail or another way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Change
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts.tables import Notice, NoticeAttempt, WebhookAttempt, WebhookMessage
from services.alerts.webhooks.tables import TEXTS_BY

LAST = 3  # receipts of each notice in a list: an outage of days leaves a hundred
_LONGEST = 500


def add_receipt(change: Change, notice: Notice, answer: str, *, accepted: bool) -> None:
    """Stores the receipt of the latest attempt at a notice, which ended just now."""
    receipt = NoticeAttempt(
        notice_id=notice.notice_id,
        number=notice.attempts,
        at=change.at,
        accepted=accepted,
        answer=answer[:_LONGEST],
    )
    change.session.add(receipt)


async def receipts_of(
    session: AsyncSession, notice_ids: Iterable[str], *, last: int | None = None
) -> Mapping[str, list[pb.NoticeAttempt]]:
    """Returns the receipts of notices by their ids, the oldest first; of each only the `last`."""
    rows = select(NoticeAttempt).where(col(NoticeAttempt.notice_id).in_([*notice_ids]))
    if last is not None:
        rows = rows.join(Notice, col(Notice.notice_id) == col(NoticeAttempt.notice_id)).where(
            col(NoticeAttempt.number) > col(Notice.attempts) - last
        )
    found = defaultdict[str, list[pb.NoticeAttempt]](list)
    for row in await session.exec(rows.order_by(col(NoticeAttempt.number))):
        receipt = pb.NoticeAttempt(number=row.number, accepted=row.accepted, answer=row.answer)
        receipt.at.FromDatetime(row.at)
        found[row.notice_id].append(receipt)
    return found


async def receipts_by_other_ways(session: AsyncSession, notice_id: str) -> list[pb.NoticeAttempt]:
    """Returns the receipts of text messages and webhooks about a notice, the oldest first."""
    rows = (
        select(WebhookMessage, WebhookAttempt)
        .join(WebhookAttempt, col(WebhookAttempt.message_id) == col(WebhookMessage.message_id))
        .where(col(WebhookMessage.notice_id) == notice_id)
        .order_by(col(WebhookAttempt.at), col(WebhookAttempt.message_id))
    )
    receipts = []
    for message, row in await session.exec(rows):
        receipt = pb.NoticeAttempt(
            number=row.number,
            accepted=not row.error,
            answer=row.error or (f"HTTP {row.status}" if row.status else ""),
            way="sms" if message.webhook_id.startswith(TEXTS_BY) else "webhook",
        )
        receipt.at.FromDatetime(row.at)
        receipts.append(receipt)
    return receipts

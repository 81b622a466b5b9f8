"""Another way for a notice that no mail reaches: a text message, or else a webhook, each once.

It is taken when a notice has no address, or its mail was given up. A notice of which a message by
another way waits or was accepted has been told: nobody hears of it twice. What becomes of a
message has a receipt for each attempt, as all messages have; the mail stays undelivered, so that
somebody corrects the address.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.change import Change
from plumbing.chunks import chunks
from protos.alerts.v1 import events_pb2
from services.alerts.owners import key_of_recipient
from services.alerts.tables import Notice, NoticeState, WebhookMessage
from services.alerts.text_messages.writing import ways_of, written_message
from services.alerts.webhooks.messages import (
    NOT_TOLD,
    announcing,
    recipient_of,
    webhooks_of,
)
from services.alerts.webhooks.tables import TEXTS_BY, MessageState

IDS_PER_QUERY = 1000
UNDELIVERED = (NoticeState.FAILED, NoticeState.NO_ADDRESS)


async def write_instead(
    session: AsyncSession, notices: Sequence[Notice], at: datetime
) -> list[WebhookMessage]:
    """Writes a message by another way for each undelivered notice that has one left."""
    missed = [one for one in notices if one.state in UNDELIVERED and one.kind not in NOT_TOLD]
    if not missed:
        return []
    owners = {one.notice_id: await key_of_recipient(session, one) for one in missed}
    ways = await ways_of(session, {*owners.values()} - {""})
    webhooks = await webhooks_of(session, missed)
    had = await _messages_of(session, [*owners])
    messages = []
    for notice in missed:
        owner, of_notice = owners[notice.notice_id], had.get(notice.notice_id, {})
        if not owner or any(state is not MessageState.FAILED for state in of_notice.values()):
            continue
        gateway = ways.get(owner)
        left = (
            one for one in webhooks.get(recipient_of(notice), ()) if one.webhook_id not in of_notice
        )
        if gateway is not None and f"{TEXTS_BY}{gateway.webhook_id}" not in of_notice:
            messages.append(written_message(gateway, owner, notice, at))
        elif (webhook := next(left, None)) is not None:
            messages.append(announcing(webhook, notice, at))
    session.add_all(messages)
    return messages


async def fall_back(change: Change, notice: Notice) -> None:
    """Writes a message by another way for a notice of which a delivery ended, and announces it."""
    for message in await write_instead(change.session, [notice], change.at):
        audited = f"notice/{notice.notice_id}"
        change.audit("fall_back", audited, after={"message": message.message_id})
        event = events_pb2.WebhookMessagesWritten(message_ids=[message.message_id])
        aggregate = f"webhook/{message.channel_id}"
        await change.announce(event, aggregate=aggregate, bureau=notice.bureau)


async def _messages_of(
    session: AsyncSession, notice_ids: Sequence[str]
) -> Mapping[str, Mapping[str, MessageState]]:
    """The state of each message of notices, by notice and way."""
    await session.flush()  # messages of the same change count
    found: dict[str, dict[str, MessageState]] = defaultdict(dict)
    for ids in chunks(notice_ids, IDS_PER_QUERY):
        rows = select(WebhookMessage).where(col(WebhookMessage.notice_id).in_(ids))
        for row in await session.exec(rows):
            found[row.notice_id][row.webhook_id] = row.state
    return found

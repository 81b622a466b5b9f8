"""Writes text messages about notices, in the transaction of the notices.

They go by the gateway of the subject's bureau, which is one of its channels, and are delivered as
messages to channels are: the same schedule and receipts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.chunks import chunks
from services.alerts.notices.links import path_of
from services.alerts.notices.preferences import CHOSEN, preferences_of
from services.alerts.tables import DigestPreference, MobileNumber, Notice, NoticeKind, Subject
from services.alerts.webhooks.messages import message_of, written
from services.alerts.webhooks.tables import (
    TEXT_PREFIX,
    TEXTS_BY,
    ChannelKind,
    Disabled,
    Webhook,
    WebhookMessage,
    of_bureaus,
)

OF_NOTICE = "sms.notice"
IDS_PER_QUERY = 1000
_NOT_TOLD = frozenset({NoticeKind.ACCOUNT, NoticeKind.CHECKPOINT, NoticeKind.GIVEN_UP})


async def gateway_of(session: AsyncSession, bureau: str) -> Webhook | None:
    """Returns the gateway by which a bureau sends text messages; the oldest of several."""
    return (await _gateways(session, {bureau})).get(bureau)


async def is_taken(session: AsyncSession, subject_id: str) -> bool:
    """Returns whether text messages to a subject can go out: it has a number, its bureau a way."""
    return bool(await _ways(session, {subject_id}))


async def write(session: AsyncSession, notices: Sequence[Notice], at: datetime) -> None:
    """Writes a message for each notice of which its subject wants to hear by text message.

    A notice that is delivered again has its message already.
    """
    told = [notice for notice in notices if notice.subject_id and notice.kind not in _NOT_TOLD]
    ways = await _ways(session, {notice.subject_id for notice in told})
    if not ways:
        return
    wishes = await preferences_of(session, sorted(ways))
    wanted = [
        (ways[notice.subject_id], notice)
        for notice in told
        if notice.subject_id in ways and _wants(wishes.get(notice.subject_id), notice.kind)
    ]
    had = await written(session, [notice.notice_id for _, notice in wanted])
    session.add_all(
        _message(gateway, notice, at)
        for gateway, notice in wanted
        if (f"{TEXTS_BY}{gateway.webhook_id}", notice.notice_id) not in had
    )


def _wants(wish: DigestPreference | None, kind: NoticeKind) -> bool:
    if wish is None:
        return False
    return kind in (wish.by_sms or ()) if kind in CHOSEN else wish.sms_also


def text_message(
    gateway: Webhook, type_: str, data: dict[str, Any], path: str, at: datetime
) -> WebhookMessage:
    """Returns a new text message to an operator, which former releases leave alone."""
    message = message_of(gateway, type_, data, path, at)
    message.message_id = f"{TEXT_PREFIX}{uuid4().hex}"
    message.webhook_id = f"{TEXTS_BY}{gateway.webhook_id}"
    return message


def _message(gateway: Webhook, notice: Notice, at: datetime) -> WebhookMessage:
    data = {"subject_id": notice.subject_id, "kind": notice.kind.value}
    message = text_message(gateway, OF_NOTICE, data, path_of(notice), at)
    message.notice_id = notice.notice_id
    return message


async def _ways(session: AsyncSession, subject_ids: Collection[str]) -> dict[str, Webhook]:
    """The gateway for each of these subjects that has a number, by subject."""
    bureaus: dict[str, str] = {}
    for ids in chunks(sorted(subject_ids), IDS_PER_QUERY):
        rows = (
            select(Subject.subject_id, Subject.bureau)
            .join(MobileNumber, col(MobileNumber.subject_id) == col(Subject.subject_id))
            .where(col(Subject.subject_id).in_(ids), col(MobileNumber.number) != "")
        )
        bureaus |= dict((await session.exec(rows)).all())
    gateways = await _gateways(session, set(bureaus.values())) if bureaus else {}
    return {key: gateways[bureau] for key, bureau in bureaus.items() if bureau in gateways}


async def _gateways(session: AsyncSession, bureaus: Collection[str]) -> dict[str, Webhook]:
    rows = select(Webhook).where(
        of_bureaus(),
        col(Webhook.bureau).in_(bureaus),
        col(Webhook.service) == ChannelKind.SMS,
        col(Webhook.disabled_why) == Disabled.ON,
    )
    newest_first = rows.order_by(col(Webhook.added_at).desc(), col(Webhook.webhook_id).desc())
    return {row.bureau: row for row in await session.exec(newest_first)}

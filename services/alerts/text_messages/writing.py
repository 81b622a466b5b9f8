"""Writes text messages about notices, in the transaction of the notices.

They go by the gateway of the subject's bureau, which is one of its channels, and are delivered as
messages to channels are: the same schedule and receipts.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.chunks import chunks
from services.alerts.notice_kinds import INSTITUTION
from services.alerts.notices.links import path_of
from services.alerts.notices.preferences import CHOSEN, preferences_of
from services.alerts.owners import key_of_recipient
from services.alerts.tables import (
    DigestPreference,
    Institution,
    MobileNumber,
    Notice,
    NoticeKind,
    Subject,
)
from services.alerts.webhooks.messages import NOT_TOLD, message_of, written
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


async def gateway_of(session: AsyncSession, bureau: str) -> Webhook | None:
    """Returns the gateway by which a bureau sends text messages; the oldest of several."""
    return (await _gateways(session, {bureau})).get(bureau)


async def is_taken(session: AsyncSession, owner: str) -> bool:
    """Returns whether text messages to a subject or institution can go out.

    It has a number, and its bureau a gateway. `owner` is its key.
    """
    return bool(await ways_of(session, {owner}))


async def write(session: AsyncSession, notices: Sequence[Notice], at: datetime) -> None:
    """Writes a message for each notice of which its recipient wants to hear by text message.

    A notice that is delivered again has its message already.
    """
    told = [
        (await key_of_recipient(session, notice), notice)
        for notice in notices
        if notice.kind not in NOT_TOLD
    ]
    ways = await ways_of(session, {key for key, _ in told if key})
    if not ways:
        return
    wishes = await preferences_of(session, sorted(ways))
    wanted = [
        (key, notice)
        for key, notice in told
        if key in ways and _wants(wishes.get(key), notice.kind)
    ]
    had = await written(session, [notice.notice_id for _, notice in wanted])
    session.add_all(
        written_message(ways[key], key, notice, at)
        for key, notice in wanted
        if (f"{TEXTS_BY}{ways[key].webhook_id}", notice.notice_id) not in had
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


def written_message(gateway: Webhook, owner: str, notice: Notice, at: datetime) -> WebhookMessage:
    """Returns a new text message to an owner that there is a notice."""
    data = {"subject_id": owner, "kind": notice.kind.value}
    message = text_message(gateway, OF_NOTICE, data, path_of(notice), at)
    message.notice_id = notice.notice_id
    return message


async def ways_of(session: AsyncSession, owners: Collection[str]) -> dict[str, Webhook]:
    """Returns the gateway for each of these subjects and institutions that has a number, by key."""
    bureaus: dict[str, str] = {}
    own_key = sa.literal(INSTITUTION) + col(Institution.institution_id)
    for keys in chunks(sorted(owners), IDS_PER_QUERY):
        for key, bureau in (
            (col(Subject.subject_id), col(Subject.bureau)),
            (own_key, col(Institution.bureau)),
        ):
            rows: Any = (
                select(key, bureau)
                .join(MobileNumber, col(MobileNumber.subject_id) == key)
                .where(col(MobileNumber.subject_id).in_(keys), col(MobileNumber.number) != "")
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

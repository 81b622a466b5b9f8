"""Writes the messages of webhooks, in the transaction of the notices that they announce.

A message is thin: what happened and where it stands on the platform. The text of a notice is read
there, by who may.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.chunks import chunks
from services.alerts.notice_kinds import INSTITUTION, RECEIVER
from services.alerts.notices.links import path_of
from services.alerts.notices.preferences import preferences_of
from services.alerts.tables import Notice, NoticeKind
from services.alerts.webhooks.tables import (
    Disabled,
    MessageState,
    Webhook,
    WebhookMessage,
    of_bureaus,
)

IDS_PER_QUERY = 1000
NOT_TOLD = frozenset({NoticeKind.ACCOUNT, NoticeKind.CHECKPOINT, NoticeKind.GIVEN_UP})
TEST = "webhook.test"


async def write(session: AsyncSession, notices: Sequence[Notice], at: datetime) -> None:
    """Writes a message for each notice and each webhook of its recipient that wants its kind.

    A notice that is delivered again has its messages already.
    """
    told = [notice for notice in notices if _is_told(notice)]
    webhooks = await webhooks_of(session, told)
    asked = await _asked_by_institutions(session, webhooks)
    wanted = [
        (webhook, notice)
        for notice in told
        for webhook in webhooks.get(recipient_of(notice), ())
        if _takes(webhook, notice)
        if not webhook.institution or notice.kind in asked.get(webhook.subject_id, ())
    ]
    if not wanted:
        return
    had = await written(session, [notice.notice_id for _, notice in wanted])
    session.add_all(
        announcing(webhook, notice, at)
        for webhook, notice in wanted
        if (webhook.webhook_id, notice.notice_id) not in had
    )


def _is_told(notice: Notice) -> bool:
    """Whether webhooks may hear of a notice: not of links, checkpoints and mails to receivers."""
    return notice.kind not in NOT_TOLD and not notice.key.startswith(RECEIVER)


def recipient_of(notice: Notice) -> str:
    """Returns the recipient of a notice, named as the owner of a webhook is."""
    if notice.key.startswith(INSTITUTION):
        return f"{INSTITUTION}{notice.recipient}"
    return notice.subject_id or f"bureau/{notice.bureau}"


def _takes(webhook: Webhook, notice: Notice) -> bool:
    return not webhook.kinds or notice.kind in webhook.kinds


async def is_taken(session: AsyncSession, notice: Notice) -> bool:
    """Returns whether a webhook of the recipient takes a notice."""
    webhooks = await webhooks_of(session, [notice])
    return any(_takes(webhook, notice) for webhook in webhooks.get(recipient_of(notice), ()))


async def _asked_by_institutions(
    session: AsyncSession, webhooks: Mapping[str, Sequence[Webhook]]
) -> Mapping[str, Sequence[str]]:
    """The kinds of notices that institutions want by webhook, by the key of each.

    Their programs hear of orders and terms in any case, so of notices only what is asked for.
    """
    keys = {row.subject_id for rows in webhooks.values() for row in rows if row.institution}
    wishes = await preferences_of(session, sorted(keys))
    return {key: wish.by_webhook or () for key, wish in wishes.items()}


def test_of(webhook: Webhook, at: datetime) -> WebhookMessage:
    """Returns a message that only tries whether a webhook takes messages."""
    path = "/channels" if webhook.is_of_bureau else "/webhooks"
    return message_of(webhook, TEST, {"webhook_id": webhook.webhook_id}, path, at)


async def pending_of(session: AsyncSession, notice_ids: Sequence[str]) -> list[str]:
    """Returns the ids of the messages about notices that wait to be sent."""
    found: list[str] = []
    for ids in chunks(notice_ids, IDS_PER_QUERY):
        query = select(WebhookMessage.message_id).where(
            col(WebhookMessage.notice_id).in_(ids),
            col(WebhookMessage.state) == MessageState.PENDING,
        )
        found += await session.exec(query)
    return found


def announcing(webhook: Webhook, notice: Notice, at: datetime) -> WebhookMessage:
    """Returns a new message to a webhook that there is a notice."""
    data = {
        "notice_id": notice.notice_id,
        "kind": notice.kind.value,
        "subject_id": notice.subject_id,
        "bureau": notice.bureau,
        "title": notice.title,
        "about": notice.about,
        "number": notice.number,
        "issued_at": notice.created_at.isoformat(),
    }
    message = message_of(webhook, f"notice.{notice.kind.value}", data, path_of(notice), at)
    message.notice_id = notice.notice_id
    return message


def message_of(
    webhook: Webhook, type_: str, data: dict[str, Any], path: str, at: datetime
) -> WebhookMessage:
    """Returns a new message to a webhook, with the content `data` and a link to `path`."""
    return WebhookMessage(
        message_id=f"msg_{uuid4().hex}",
        webhook_id=webhook.webhook_id,
        type=type_,
        data=data,
        path=path,
        state=MessageState.PENDING,
        created_at=at,
    )


async def webhooks_of(session: AsyncSession, notices: Sequence[Notice]) -> dict[str, list[Webhook]]:
    """Returns the webhooks that are on, of the recipients of notices, by `recipient_of`."""
    found: dict[str, list[Webhook]] = {}
    subjects = sorted({notice.subject_id for notice in notices if notice.subject_id})
    others = [notice for notice in notices if not notice.subject_id]
    institutions = {one.recipient for one in others if one.key.startswith(INSTITUTION)}
    bureaus = sorted({one.bureau for one in others if not one.key.startswith(INSTITUTION)})
    owned: list[sa.ColumnElement[bool]] = [
        col(Webhook.subject_id).in_(ids) for ids in chunks(subjects, IDS_PER_QUERY)
    ]
    if named := sorted(institutions - {""}):
        owned.append(col(Webhook.institution).in_(named))
    if bureaus:
        owned.append(sa.and_(of_bureaus(), col(Webhook.bureau).in_(bureaus)))
    for condition in owned:
        query = select(Webhook).where(condition, col(Webhook.disabled_why) == Disabled.ON)
        for row in await session.exec(query):
            found.setdefault(row.owner, []).append(row)
    return found


async def written(session: AsyncSession, notice_ids: Sequence[str]) -> set[tuple[str, str]]:
    """Returns which messages about notices there are: the webhook and the notice of each."""
    found: set[tuple[str, str]] = set()
    for ids in chunks(notice_ids, IDS_PER_QUERY):
        query = select(WebhookMessage.webhook_id, WebhookMessage.notice_id).where(
            col(WebhookMessage.notice_id).in_(ids)
        )
        found |= {(webhook, notice) for webhook, notice in await session.exec(query)}
    return found

"""What comes of sending a message to a webhook: a receipt of each attempt, and its end.

A webhook that has failed for long, or whose program asks for nothing more, is switched off and its
owner told; the notices themselves stand on the platform. Every function is one transaction.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from plumbing.change import Change
from services.alerts.notices.fallback import UNDELIVERED, fall_back
from services.alerts.notices.issue import announce, issue
from services.alerts.notices.mail import audit_delivery
from services.alerts.notices.preferences import is_mailed, preference_of
from services.alerts.notices.to_institutions import issue_to_institution
from services.alerts.owners import key_of_recipient, owner_of
from services.alerts.tables import (
    Bureau,
    Institution,
    Notice,
    NoticeKind,
    NoticeState,
    Subject,
)
from services.alerts.webhooks import texts
from services.alerts.webhooks.sending import WebhookError
from services.alerts.webhooks.tables import (
    Disabled,
    MessageState,
    Webhook,
    WebhookAttempt,
    WebhookMessage,
)

# Our own figure, not the law's: how long messages may fail before no more are tried.
DISABLED_AFTER = timedelta(days=3)


async def note_accepted(change: Change, message_id: str, status: int, milliseconds: int) -> None:
    """Records that a message was accepted; a second call changes nothing."""
    message, webhook = await _locked(change, message_id)
    if message.state is not MessageState.PENDING:
        return
    await _add_receipt(change, message, status, "", milliseconds)
    webhook.failing_since = None
    _end(change, message, MessageState.DELIVERED)


async def note_failed(
    change: Change, message_id: str, error: WebhookError, milliseconds: int
) -> None:
    """Records a failed attempt; switches the webhook off if its program asks for nothing more."""
    message, webhook = await _locked(change, message_id)
    if message.state is not MessageState.PENDING:
        return
    await _add_receipt(change, message, error.status, str(error), milliseconds)
    webhook.failing_since = webhook.failing_since or change.at
    if error.gone:
        await _disable(change, webhook, Disabled.GONE)


async def give_up(change: Change, message_id: str) -> None:
    """Ends a pending message as failed; switches its webhook off if it has failed for long."""
    message, webhook = await _locked(change, message_id)
    if message.state is not MessageState.PENDING:
        return
    _end(change, message, MessageState.FAILED)
    await mail_instead(change, message)
    since = webhook.failing_since
    if since is not None and change.at - since >= DISABLED_AFTER:
        await _disable(change, webhook, Disabled.FAILING)


async def mail_instead(change: Change, message: WebhookMessage) -> None:
    """Has a notice mailed that was kept from the mail because this webhook took it.

    One whose mail failed goes by another way that is left. It is not mailed while another webhook
    still tries or has it, or if its recipient wants no mail now.
    """
    session = change.session
    notice = await session.get(Notice, message.notice_id, with_for_update=True)
    if notice is not None and notice.state in UNDELIVERED:
        await fall_back(change, notice)
    if notice is None or notice.state is not NoticeState.INBOX:
        return
    key = await key_of_recipient(session, notice)
    wish, owner = await preference_of(session, key), await owner_of(session, key)
    others = select(WebhookMessage.message_id).where(
        col(WebhookMessage.notice_id) == notice.notice_id,
        col(WebhookMessage.message_id) != message.message_id,
        col(WebhookMessage.state) != MessageState.FAILED,
    )
    elsewhere = (await session.exec(others)).first() is not None
    if elsewhere or owner is None or not is_mailed(wish, notice.kind, by_webhook=False):
        return
    notice.address = owner.email
    notice.state = NoticeState.PENDING if owner.email else NoticeState.NO_ADDRESS
    audit_delivery(change, "mail_instead", notice, NoticeState.INBOX)
    await announce(change, f"notice/{notice.notice_id}", [notice])


async def _disable(change: Change, webhook: Webhook, why: Disabled) -> None:
    """Switches a webhook off, unless it is off, and tells its owner."""
    if webhook.disabled_why:
        return
    webhook.disabled_why, webhook.disabled_at = why, change.at
    change.audit(
        "switch_webhook",
        f"webhook/{webhook.webhook_id}",
        before={"disabled_why": Disabled.ON.value},
        after={"disabled_why": why.value},
        bureau=webhook.bureau,
    )
    key, kind = f"webhook-off/{webhook.webhook_id}/{change.at.isoformat()}", NoticeKind.CHANNEL
    if webhook.institution:
        await _tell_institution(change, webhook, why, key)
        return
    if not webhook.subject_id:
        office = await change.session.get(Bureau, webhook.bureau)
        if office is not None:
            text = texts.channel_off(office.name, webhook.service, webhook.url, why)
            await issue(change, kind, key, office, webhook.bureau, text)
        return
    owner = await change.session.get(Subject, webhook.subject_id)
    if owner is not None and not owner.placeholder:
        about = owner.name, webhook.place, why
        text, in_english = texts.switched_off(*about), partial(texts.switched_off_en, *about)
        await issue(change, kind, key, owner, owner.bureau, text, in_english=in_english)


async def _tell_institution(change: Change, webhook: Webhook, why: Disabled, key: str) -> None:
    named = select(Institution).where(Institution.name == webhook.institution)
    owner = (await change.session.exec(named)).first()
    if owner is not None:
        written = texts.switched_off_of_institution(owner.name, webhook.place, why)
        await issue_to_institution(change, key, owner, written, kind=NoticeKind.CHANNEL)


def _end(change: Change, message: WebhookMessage, state: MessageState) -> None:
    message.state, message.ended_at = state, change.at


async def _add_receipt(
    change: Change, message: WebhookMessage, status: int, error: str, milliseconds: int
) -> None:
    counted = sa.select(sa.func.count()).where(col(WebhookAttempt.message_id) == message.message_id)
    before = (await (await change.session.connection()).execute(counted)).scalar_one()
    change.session.add(
        WebhookAttempt(
            message_id=message.message_id,
            number=before + 1,
            at=change.at,
            status=status,
            error=error,
            milliseconds=milliseconds,
        )
    )


async def _locked(change: Change, message_id: str) -> tuple[WebhookMessage, Webhook]:
    """A message with its webhook, both locked; NotFound if they were removed."""
    message = await change.session.get(WebhookMessage, message_id, with_for_update=True)
    if message is None:
        raise NotFound("没有这条消息", "There is no such message", message=message_id)
    return message, await change.session.get_one(Webhook, message.channel_id, with_for_update=True)

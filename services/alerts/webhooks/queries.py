"""Queries of the webhooks of the caller's subject or institution, and of what was sent to them."""

from __future__ import annotations

from collections import defaultdict

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from plumbing import paging
from plumbing.identity import Caller, Role
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.alerts.v1 import webhooks_pb2 as pb
from services.alerts.webhooks import wire
from services.alerts.webhooks.tables import (
    Webhook,
    WebhookAttempt,
    WebhookMessage,
    by_channel,
    names_of,
)


def of_caller(caller: Caller) -> sa.ColumnElement[bool]:
    """Returns the condition for the webhooks of the caller's subject or institution.

    Channels of bureaus have neither, and an account may lack the one that its role needs: it sees
    none.
    """
    own: sa.ColumnElement[bool] = sa.false()
    if caller.has(Role.OPERATOR) and caller.subject_id:
        own = col(Webhook.subject_id) == caller.subject_id
    elif caller.has(Role.VERIFICATION_INSTITUTION) and caller.institution:
        own = col(Webhook.institution) == caller.institution
    return own


def is_of(caller: Caller, row: Webhook) -> bool:
    """Returns whether a webhook belongs to the caller; the same rule as `of_caller`."""
    if caller.has(Role.OPERATOR) and caller.subject_id:
        return row.subject_id == caller.subject_id
    of_institution = caller.has(Role.VERIFICATION_INSTITUTION) and bool(caller.institution)
    return of_institution and row.institution == caller.institution


async def list_webhooks(view: View, _request: pb.ListWebhooksRequest) -> pb.ListWebhooksResponse:
    """Returns the webhooks of the caller's subject or institution, the oldest first."""
    own = select(Webhook).where(of_caller(view.caller))
    rows = await view.session.exec(own.order_by(col(Webhook.added_at), col(Webhook.webhook_id)))
    return pb.ListWebhooksResponse(webhooks=map(wire.webhook, rows))


async def list_messages(
    view: View, request: pb.ListWebhookMessagesRequest
) -> pb.ListWebhookMessagesResponse:
    """Returns a page of the messages of a webhook, the newest first, with their receipts.

    Raises NotFound unless it is a webhook of the caller's own.
    """
    own = of_caller(view.caller)
    webhook = await find_by_id(view.session, Webhook, request.webhook_id, own)
    if webhook is None or not is_of(view.caller, webhook):
        raise NotFound(
            "没有这个程序接收地址", "There is no such webhook", webhook=request.webhook_id
        )
    request.webhook_id = webhook.webhook_id  # of which the beginning may have been given
    return await messages_of(view, request, webhook)


async def messages_of(
    view: View, request: pb.ListWebhookMessagesRequest, webhook: Webhook
) -> pb.ListWebhookMessagesResponse:
    """Returns a page of the messages to a webhook, whoever may see it, with their receipts."""
    named = [
        select(WebhookMessage).where(col(WebhookMessage.webhook_id) == name)
        for name in names_of(webhook)
    ]
    order = (WebhookMessage.created_at, WebhookMessage.message_id)
    page, token = await paging.page_of_several(
        view.session, request, named, *order, newest_first=True
    )
    every = select(WebhookMessage).where(by_channel(webhook))
    count = await paging.count(view.session, request, every, token)
    receipts = select(WebhookAttempt).where(
        col(WebhookAttempt.message_id).in_([row.message_id for row in page])
    )
    attempts = defaultdict[str, list[WebhookAttempt]](list)
    for receipt in await view.session.exec(receipts.order_by(col(WebhookAttempt.number))):
        attempts[receipt.message_id].append(receipt)
    messages = [wire.message(row, attempts[row.message_id]) for row in page]
    return pb.ListWebhookMessagesResponse(messages=messages, next_page_token=token, **count)

"""The database tables of webhooks, of their messages, and of the receipts of each attempt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlmodel import Field, col

from plumbing.database import JsonColumn, enum_column
from plumbing.row_digests import proven
from services.alerts.base import Base

# What stands before the id of the gateway by which a text message to an operator goes. A release
# that knows channels and no text messages finds no channel of such an id, and leaves the message
# alone; it would post it to the staff of the bureau.
TEXTS_BY = "texts/"
TEXT_PREFIX = "sms_"  # how the ids of text messages begin


class MessageState(StrEnum):
    """Where a message stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Disabled(StrEnum):
    """Why a webhook is off; ON where it is not."""

    ON = ""
    PERSON = "person"
    GONE = "gone"  # the receiver asked to be sent nothing any more
    FAILING = "failing"


class ChannelKind(StrEnum):
    """To what kind of service messages go: a program of the owner's own, or a chat or gateway."""

    WEBHOOK = "webhook"
    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"
    SMS = "sms"  # a gateway for text messages


@proven(without=("failing_since",))
class Webhook(Base, table=True):
    """An address to which the notices of a subject or a bureau are announced; its secret is sealed.

    A webhook belongs to a subject or to a verification institution, which `institution` names and
    `subject_id` says as `institution/` and its id: the release before this one knows no owner but
    subjects and bureaus, and takes a webhook without a subject for one of its bureau. A channel of
    another kind belongs to a bureau, has no subject, the host as `url`, and as its secret the whole
    address. `kinds` are those that are announced; none means all. `failing_since` is the
    first attempt that failed since one that did not.
    """

    webhook_id: str = Field(primary_key=True)
    service: ChannelKind = Field(default=ChannelKind.WEBHOOK, sa_type=enum_column(ChannelKind))
    subject_id: str = Field(index=True)
    institution: str = Field(default="", index=True, sa_column_kwargs={"server_default": ""})
    bureau: str
    url: str
    kinds: list[str] = Field(sa_type=JsonColumn)
    sealed_secret: str
    secret_set_at: datetime
    disabled_why: Disabled = Field(default=Disabled.ON, sa_type=enum_column(Disabled))
    disabled_at: datetime | None = None
    failing_since: datetime | None = None
    added_by: str
    added_at: datetime

    @property
    def place(self) -> str:
        """The address without its query, where some programs want a token: for the audit."""
        return self.url.partition("?")[0]

    @property
    def owner(self) -> str:
        """The subject, or `institution/` and its name, or `bureau/` and the bureau."""
        if self.institution:
            return f"institution/{self.institution}"
        return self.subject_id or f"bureau/{self.bureau}"

    @property
    def is_of_bureau(self) -> bool:
        """Whether it is a channel of a bureau."""
        return not self.subject_id


def of_bureaus() -> sa.ColumnElement[bool]:
    """Returns the condition for the channels of bureaus, as `Webhook.is_of_bureau` says."""
    return col(Webhook.subject_id) == ""


def names_of(row: Webhook) -> Sequence[str]:
    """Returns the `webhook_id` of the messages that go by a webhook or channel, each in its index.

    Text messages to operators go by a gateway under another than those to the bureau's staff.
    """
    texts = (f"{TEXTS_BY}{row.webhook_id}",) if row.service is ChannelKind.SMS else ()
    return (row.webhook_id, *texts)


def by_channel(row: Webhook) -> sa.ColumnElement[bool]:
    """Returns the condition for the messages that go by a webhook or channel, text messages too."""
    return col(WebhookMessage.webhook_id).in_(names_of(row))


class WebhookMessage(Base, table=True):
    """A message to a webhook; its id is the one that the receiver gets at each attempt.

    `data` is its content but for the link, of which it has the path. `notice_id` is empty for a
    test, and for what a verification institution hears. `webhook_id` of a text message to an
    operator is the id of its gateway behind `TEXTS_BY`.
    """

    __tablename__ = "webhook_message"
    __table_args__ = (
        sa.Index("ix_webhook_message_newest", "webhook_id", "created_at", "message_id"),
        sa.Index("ix_webhook_message_of_notice", "notice_id", "webhook_id"),
        sa.Index("ix_webhook_message_state", "state", "created_at"),
    )

    message_id: str = Field(primary_key=True)
    webhook_id: str
    notice_id: str = ""
    type: str
    data: dict[str, Any] = Field(sa_type=JsonColumn)
    path: str
    state: MessageState = Field(sa_type=enum_column(MessageState))
    created_at: datetime
    ended_at: datetime | None = None

    @property
    def channel_id(self) -> str:
        """The id of the webhook, channel or gateway by which it goes."""
        return self.webhook_id.removeprefix(TEXTS_BY)


class WebhookAttempt(Base, table=True):
    """The receipt of an attempt; `status` is that of the HTTP answer, 0 without one."""

    __tablename__ = "webhook_attempt"

    message_id: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    at: datetime
    status: int
    error: str
    milliseconds: int

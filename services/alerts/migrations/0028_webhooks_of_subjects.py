"""Webhooks of subjects and channels of bureaus, their messages, and receipts of attempts."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "webhook",
        *_texts("webhook_id"),
        sa.Column("service", sa.String(length=32), nullable=False),
        *_texts("subject_id", "bureau", "url"),
        sa.Column("kinds", JsonColumn, nullable=False),
        *_texts("sealed_secret"),
        _moment("secret_set_at"),
        sa.Column("disabled_why", sa.String(length=32), nullable=False),
        _moment("disabled_at", nullable=True),
        _moment("failing_since", nullable=True),
        *_texts("added_by"),
        _moment("added_at"),
        sa.PrimaryKeyConstraint("webhook_id", name=op.f("pk_webhook")),
    )
    op.create_index(op.f("ix_webhook_subject_id"), "webhook", ["subject_id"])
    op.create_table(
        "webhook_message",
        *_texts("message_id", "webhook_id", "notice_id", "type"),
        sa.Column("data", JsonColumn, nullable=False),
        *_texts("path"),
        sa.Column("state", sa.String(length=32), nullable=False),
        _moment("created_at"),
        _moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_webhook_message")),
    )
    order = ["created_at", "message_id"]
    op.create_index("ix_webhook_message_newest", "webhook_message", ["webhook_id", *order])
    of_notice = ["notice_id", "webhook_id"]
    op.create_index("ix_webhook_message_of_notice", "webhook_message", of_notice)
    op.create_index("ix_webhook_message_state", "webhook_message", ["state", "created_at"])
    op.create_table(
        "webhook_attempt",
        *_texts("message_id"),
        sa.Column("number", sa.Integer(), nullable=False),
        _moment("at"),
        sa.Column("status", sa.Integer(), nullable=False),
        *_texts("error"),
        sa.Column("milliseconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "number", name=op.f("pk_webhook_attempt")),
    )


def downgrade() -> None:
    for table in ("webhook_attempt", "webhook_message", "webhook"):
        op.drop_table(table)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)

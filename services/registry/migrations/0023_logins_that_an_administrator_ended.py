"""Logins that an administrator ended are shown to the person."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TEXTS = ("ended_by", "account_id", "source", "client")


def upgrade() -> None:
    for name in _TEXTS:
        op.add_column(
            "ended_session", sa.Column(name, sa.String(), nullable=False, server_default="")
        )
    op.add_column(
        "ended_session", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.create_index(op.f("ix_ended_session_account_id"), "ended_session", ["account_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_ended_session_account_id"), "ended_session")
    with op.batch_alter_table("ended_session", schema=None) as batch_op:
        for name in (*_TEXTS, "opened_at"):
            batch_op.drop_column(name)

"""Notices to receivers whose mail was given up wait to be sent by hand."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TABLE, INDEX = "receiver_notice", "ix_receiver_notice_to_send"
BY_HAND = "email = '' AND sent_on IS NULL"
TO_SEND = "(email = '' OR undelivered_on IS NOT NULL) AND sent_on IS NULL"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("undelivered_on", sa.Date(), nullable=True))
    op.add_column(TABLE, sa.Column("failure", sa.String(), server_default="", nullable=False))
    _index(TO_SEND)


def downgrade() -> None:
    _index(BY_HAND)
    op.drop_column(TABLE, "failure")
    op.drop_column(TABLE, "undelivered_on")


def _index(where: str) -> None:
    op.drop_index(INDEX, TABLE)
    op.create_index(
        INDEX,
        TABLE,
        ["issued_at", "notice_id"],
        sqlite_where=sa.text(where),
        postgresql_where=sa.text(where),
    )

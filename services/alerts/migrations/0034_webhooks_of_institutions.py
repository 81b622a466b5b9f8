"""Verification institutions, and the webhooks that their people keep."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None
_TEXTS = ("institution_id", "name", "bureau", "email")


def upgrade() -> None:
    op.create_table(
        "institution",
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("institution_id", name=op.f("pk_institution")),
        sa.UniqueConstraint("name", name=op.f("uq_institution_name")),
    )
    owner = sa.Column("institution", sa.String, nullable=False, server_default="")
    op.add_column("webhook", owner)
    op.create_index(op.f("ix_webhook_institution"), "webhook", ["institution"])


def downgrade() -> None:
    op.drop_index(op.f("ix_webhook_institution"), "webhook")
    op.drop_column("webhook", "institution")
    op.drop_table("institution")

"""Forms that were carried out, so that every replica of the portal knows them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "submission",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("request_id", sa.String(), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("shown_at", sa.String(), nullable=False),
        sa.Column("carried_out_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "request_id", name=op.f("pk_submission")),
    )
    op.create_index(op.f("ix_submission_carried_out_at"), "submission", ["carried_out_at"])


def downgrade() -> None:
    op.drop_table("submission")

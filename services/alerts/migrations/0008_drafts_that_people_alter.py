"""Drafts of documents of escalation steps, as people altered them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "escalation_draft",
        sa.Column("step_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("correct_by", sa.Date(), nullable=True),
        sa.Column(
            "instruments", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=False
        ),
        sa.Column("altered_by", sa.String(), nullable=False),
        sa.Column("altered_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("step_id", "version", name=op.f("pk_escalation_draft")),
    )


def downgrade() -> None:
    op.drop_table("escalation_draft")

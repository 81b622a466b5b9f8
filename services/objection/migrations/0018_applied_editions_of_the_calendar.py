"""Editions of the working-day calendar that were applied, and by which one a case was counted."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("objection_case", sa.Column("calendar", sa.Integer(), nullable=True))
    op.create_table(
        "applied_edition",
        sa.Column("edition_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("arrangement", JsonColumn, nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_applied_edition")),
    )


def downgrade() -> None:
    op.drop_table("applied_edition")
    op.drop_column("objection_case", "calendar")

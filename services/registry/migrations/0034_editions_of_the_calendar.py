"""Editions of the working-day calendar that one administrator loads and another applies."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calendar_edition",
        sa.Column("edition_id", sa.String(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("arrangement", JsonColumn, nullable=False),
        sa.Column("file_sha256", sa.String(), nullable=False),
        sa.Column("loaded_by", sa.String(), nullable=False),
        sa.Column("loaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ground", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("edition_id", name=op.f("pk_calendar_edition")),
    )
    op.create_index(
        "ix_calendar_edition_loaded_at", "calendar_edition", ["loaded_at", "edition_id"]
    )


def downgrade() -> None:
    op.drop_table("calendar_edition")

"""Circulars that tell of subjects at a grade."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None
_GRADED = "grade <> '' AND ended_at IS NULL"


def upgrade() -> None:
    for name in ("ruleset_id", "grade"):
        column = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("circular_entry", column)
    op.add_column(
        "circular_entry", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True)
    )
    where = sa.text(_GRADED)
    op.create_index(
        "ix_circular_entry_graded",
        "circular_entry",
        ["subject_id"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index("ix_circular_entry_graded", "circular_entry")
    for name in ("ended_at", "grade", "ruleset_id"):
        op.drop_column("circular_entry", name)

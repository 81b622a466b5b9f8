"""The escalation cases that a joining gave to another subject, and the records of each part."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'[]'")
    op.add_column(
        "joining", sa.Column("escalations", JsonColumn, nullable=False, server_default=empty)
    )
    op.create_table(
        "split",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("part_id", "origin_id")),
        sa.Column("records", JsonColumn, nullable=False),
        sa.PrimaryKeyConstraint("part_id", name=op.f("pk_split")),
    )
    op.create_index("ix_split_origin", "split", ["origin_id"])


def downgrade() -> None:
    op.drop_table("split")
    op.drop_column("joining", "escalations")

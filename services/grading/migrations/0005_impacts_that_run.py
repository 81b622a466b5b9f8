"""Impacts that run in the background: their state and how far they have come."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

RUNNING = sa.text("state = 'running'")


def upgrade() -> None:
    op.add_column("impact", sa.Column("state", sa.String(), nullable=False, server_default="done"))
    op.add_column("impact", sa.Column("done", sa.Integer(), nullable=False, server_default="0"))
    op.create_index(
        "ix_impact_running",
        "impact",
        ["run_at", "impact_id"],
        sqlite_where=RUNNING,
        postgresql_where=RUNNING,
    )
    op.create_index("ix_impact_newest", "impact", ["run_at", "impact_id"])


def downgrade() -> None:
    op.drop_index("ix_impact_newest", "impact")
    op.drop_index("ix_impact_running", "impact")
    with op.batch_alter_table("impact", schema=None) as batch_op:
        batch_op.drop_column("done")
        batch_op.drop_column("state")

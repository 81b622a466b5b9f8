"""Deregistered subjects, and the notices that a joining gave to another subject."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    deregistered: sa.Column[bool] = sa.Column(
        "deregistered", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("subject", deregistered)
    op.create_table(
        "joining",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("former_id", "present_id")),
        sa.Column("notices", JsonColumn, nullable=False),
        sa.PrimaryKeyConstraint("former_id", name=op.f("pk_joining")),
    )


def downgrade() -> None:
    op.drop_table("joining")
    op.drop_column("subject", "deregistered")

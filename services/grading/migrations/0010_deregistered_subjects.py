"""Subjects that are deregistered, who are graded no more."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subject", sa.Column("deregistered_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("subject", "deregistered_on")

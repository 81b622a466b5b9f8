"""Verifications that decide no colour, because another result of their day stands."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    set_aside: sa.Column[bool] = sa.Column(
        "set_aside", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("verification", set_aside)


def downgrade() -> None:
    op.drop_column("verification", "set_aside")

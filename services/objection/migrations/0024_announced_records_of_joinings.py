"""Which records the public was told of before a joining put others in their place."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'{}'")
    op.add_column(
        "joining", sa.Column("announced", JsonColumn, server_default=empty, nullable=False)
    )


def downgrade() -> None:
    op.drop_column("joining", "announced")

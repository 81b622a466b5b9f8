"""The webhooks that a joining gave to another subject."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    empty = sa.text("'[]'")
    op.add_column(
        "joining", sa.Column("webhooks", JsonColumn, nullable=False, server_default=empty)
    )


def downgrade() -> None:
    op.drop_column("joining", "webhooks")

"""An index of the orders for verification that have not ended."""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

_OPEN = sa.text("due_on IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_awaited_order_open",
        "awaited_order",
        ["instrument_id"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_index("ix_awaited_order_open", table_name="awaited_order")

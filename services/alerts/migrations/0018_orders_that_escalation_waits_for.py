"""Orders for verification for which the steps after the reminder wait."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "awaited_order",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("instrument_id", sa.String(), nullable=False),
        sa.Column("type_code", sa.String(), nullable=False),
        sa.Column("serial_no", sa.String(), nullable=False),
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("in_time", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_awaited_order")),
    )
    op.create_index("ix_awaited_order_instrument", "awaited_order", ["instrument_id"])


def downgrade() -> None:
    op.drop_table("awaited_order")

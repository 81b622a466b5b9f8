"""Owners hear where the instruments are that they brought to an institution."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "brought_instrument",
        *(sa.Column(name, sa.String(), nullable=False) for name in ("order_id", "subject_id")),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("step_on", sa.Date(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("untold", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_brought_instrument")),
    )
    op.create_index(
        "ix_brought_instrument_untold",
        "brought_instrument",
        ["subject_id"],
        sqlite_where=sa.text("untold"),
        postgresql_where=sa.text("untold"),
    )


def downgrade() -> None:
    op.drop_table("brought_instrument")

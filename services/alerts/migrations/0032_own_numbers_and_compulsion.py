"""Owners' own numbers of instruments, and which are under no compulsory verification."""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column: sa.Column[str] = sa.Column("owner_no", sa.String(), nullable=False, server_default="")
    op.add_column("instrument", column)
    op.add_column(
        "instrument",
        sa.Column("non_compulsory", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("instrument", "non_compulsory")
    op.drop_column("instrument", "owner_no")

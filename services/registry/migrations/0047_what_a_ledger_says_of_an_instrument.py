"""Own numbers, ranges and classes of instruments, and which need no verification."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None

COLUMNS = ("owner_no", "measuring_range", "accuracy_class", "non_compulsory_ground")


def upgrade() -> None:
    for name in COLUMNS:
        column: sa.Column[str] = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("instrument", column)
    rows = sa.text("owner_no <> '' AND NOT removed")
    op.create_index(
        *("ix_instrument_owner_no", "instrument", ["owner_no"]),
        sqlite_where=rows,
        postgresql_where=rows,
    )


def downgrade() -> None:
    op.drop_index("ix_instrument_owner_no")
    for name in COLUMNS:
        op.drop_column("instrument", name)

"""Parts of the colour board, each with a number that grows with every change of an instrument."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "board_part",
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("type_code", sa.String(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bureau", "type_code", name="pk_board_part"),
    )
    op.execute(
        "INSERT INTO board_part (bureau, type_code, version)"
        " SELECT DISTINCT bureau, type_code, 1 FROM instrument"
    )


def downgrade() -> None:
    op.drop_table("board_part")

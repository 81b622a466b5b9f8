"""Sectors of cases: the sector of the subject when its case was lodged."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "objection_case", sa.Column("sector", sa.String(), server_default="", nullable=False)
    )


def downgrade() -> None:
    with op.batch_alter_table("objection_case") as cases:
        cases.drop_column("sector")

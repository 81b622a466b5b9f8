"""Cases that contest their records only once they are accepted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "objection_case",
        sa.Column("marks_on_acceptance", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("objection_case", "marks_on_acceptance")

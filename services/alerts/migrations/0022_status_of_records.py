"""The status of credit records, to tell a natural repair from the end of what had ended before."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    status: sa.Column[str] = sa.Column(
        "status", sa.String(), nullable=False, server_default="active"
    )
    op.add_column("credit_record", status)


def downgrade() -> None:
    op.drop_column("credit_record", "status")

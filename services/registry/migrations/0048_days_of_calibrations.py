"""The day on which an instrument is calibrated next, as other services were told it."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calibration_cycle", sa.Column("due_on", sa.Date))
    version = sa.Column("due_version", sa.BigInteger, nullable=False, server_default="0")
    op.add_column("calibration_cycle", version)


def downgrade() -> None:
    op.drop_column("calibration_cycle", "due_version")
    op.drop_column("calibration_cycle", "due_on")

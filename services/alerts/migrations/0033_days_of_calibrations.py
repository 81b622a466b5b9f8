"""When the instruments of subjects are calibrated next, for their calendars of due dates."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "calibration_due",
        sa.Column("instrument_id", sa.String(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("due_version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_calibration_due")),
    )


def downgrade() -> None:
    op.drop_table("calibration_due")

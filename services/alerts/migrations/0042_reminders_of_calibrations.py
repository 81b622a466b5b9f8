"""Of which day of its calibration an owner was reminded, and how long before."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("calibration_due", sa.Column("told_for", sa.Date(), nullable=True))
    op.add_column("calibration_due", sa.Column("told_months", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("calibration_due", "told_months")
    op.drop_column("calibration_due", "told_for")

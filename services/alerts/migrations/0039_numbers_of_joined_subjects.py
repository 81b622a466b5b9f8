"""Which mobile number went along with a joining."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    at = sa.Column("mobile_confirmed_at", sa.DateTime(timezone=True), nullable=True)
    op.add_column("joining", at)


def downgrade() -> None:
    op.drop_column("joining", "mobile_confirmed_at")

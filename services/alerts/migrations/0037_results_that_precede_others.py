"""Results that are known to come before the others of their day."""

import sqlalchemy as sa
from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    precedes: sa.Column[bool] = sa.Column(
        "precedes", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("verification", precedes)


def downgrade() -> None:
    op.drop_column("verification", "precedes")

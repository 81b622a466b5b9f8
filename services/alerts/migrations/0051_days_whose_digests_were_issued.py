"""Weekly digests of days that the watch missed are made up for."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("watch", sa.Column("told_through", sa.Date(), nullable=True))
    op.execute("UPDATE watch SET told_through = watched_through")


def downgrade() -> None:
    op.drop_column("watch", "told_through")

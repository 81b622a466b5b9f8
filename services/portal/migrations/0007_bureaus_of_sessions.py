"""The name of the account's bureau, which every page of a session shows."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "portal_session",
        sa.Column("bureau_name", sa.String(), server_default="", nullable=False),
    )


def downgrade() -> None:
    with op.batch_alter_table("portal_session") as sessions:
        sessions.drop_column("bureau_name")

"""Input that a session's end interrupted, until its person has signed in again."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "portal_session", sa.Column("kept", sa.String(), server_default="", nullable=False)
    )


def downgrade() -> None:
    with op.batch_alter_table("portal_session") as sessions:
        sessions.drop_column("kept")

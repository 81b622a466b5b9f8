"""How a subject wants its notices: the way of each kind, quiet hours, and the day of the digest."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "digest_preference",
        sa.Column("weekday", sa.Integer(), server_default="0", nullable=False),
    )
    for name in ("quiet_from", "quiet_until"):
        op.add_column(
            "digest_preference",
            sa.Column(name, sa.String(), server_default="", nullable=False),
        )
    for name in ("portal_only", "by_webhook"):
        op.add_column("digest_preference", sa.Column(name, JsonColumn, nullable=True))


def downgrade() -> None:
    for name in ("by_webhook", "portal_only", "quiet_until", "quiet_from", "weekday"):
        op.drop_column("digest_preference", name)

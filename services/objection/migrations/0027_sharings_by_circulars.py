"""Sharings by which an authority was told of a subject by a circular of alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sharing", sa.Column("source", sa.String(), server_default="", nullable=False))
    op.create_index("ix_sharing_source", "sharing", ["source"])


def downgrade() -> None:
    op.drop_index("ix_sharing_source", "sharing")
    op.drop_column("sharing", "source")

"""A bureau keeps the names of its streets, by which its instruments are counted."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0061"
down_revision = "0060"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    streets: sa.Column[object] = sa.Column("streets", JSON, nullable=True)
    op.add_column("bureau", streets)


def downgrade() -> None:
    op.drop_column("bureau", "streets")

"""Parts of instruments with results of their own: nozzles, channels, phases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("instrument", sa.Column("parts", JSON, nullable=True))
    part: sa.Column[str] = sa.Column("part", sa.String(), nullable=False, server_default="")
    op.add_column("verification", part)


def downgrade() -> None:
    op.drop_column("verification", "part")
    op.drop_column("instrument", "parts")

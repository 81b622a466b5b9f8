"""What a batch makes and changes, by kind of thing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    as_json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("import_batch", sa.Column("effects", as_json, nullable=True))


def downgrade() -> None:
    op.drop_column("import_batch", "effects")

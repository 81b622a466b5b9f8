"""The columns of a file as a person confirms them, and how long the file is kept for that."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KEPT = sa.text("open_until IS NOT NULL")


def upgrade() -> None:
    op.add_column("import_batch", sa.Column("preview", JSON, nullable=True))
    op.add_column("import_batch", sa.Column("open_until", sa.Date(), nullable=True))
    op.create_index(
        "ix_import_batch_kept",
        "import_batch",
        ["open_until"],
        sqlite_where=KEPT,
        postgresql_where=KEPT,
    )


def downgrade() -> None:
    op.drop_index("ix_import_batch_kept", "import_batch")
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_column("open_until")
        batch_op.drop_column("preview")

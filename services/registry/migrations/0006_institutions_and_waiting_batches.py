"""Institutions of accounts, verifications by institution, and batches that wait for processing."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INDEX = "ix_verification_institution"
INDEXED = ["institution", "verified_on", "verification_id"]
WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.add_column(
        "account", sa.Column("institution", sa.String(), nullable=False, server_default="")
    )
    op.create_index(INDEX, "verification", INDEXED)
    op.create_index(
        "ix_import_batch_waiting",
        "import_batch",
        ["imported_at", "batch_id"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index("ix_import_batch_waiting", "import_batch")
    op.drop_index(INDEX, "verification")
    with op.batch_alter_table("account", schema=None) as batch_op:
        batch_op.drop_column("institution")

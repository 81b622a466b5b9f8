"""The digests of the receipts that a case cites, as they were on the day when it cited them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column(
        "objection_case",
        sa.Column("receipt_digests", JSON, server_default=sa.text("'{}'"), nullable=False),
    )


def downgrade() -> None:
    with op.batch_alter_table("objection_case") as cases:
        cases.drop_column("receipt_digests")

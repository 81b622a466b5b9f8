"""Sign-ins that are under way."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("cookie_hash", sa.String(), nullable=False),
        sa.Column("content", JSON, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cookie_hash", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_started_at"), "sign_in", ["started_at"])


def downgrade() -> None:
    op.drop_table("sign_in")

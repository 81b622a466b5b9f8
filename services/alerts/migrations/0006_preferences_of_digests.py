"""How subjects want their digests."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "digest_preference",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column(
            "rhythm",
            sa.Enum("daily", "weekly", name="rhythm", native_enum=False, length=32),
            nullable=False,
        ),
        sa.Column("mailed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_digest_preference")),
    )


def downgrade() -> None:
    op.drop_table("digest_preference")

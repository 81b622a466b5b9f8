"""Records are disclosed until a decision stops it, and kept until their time is over."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ON_FILE = sa.text("status <> 'expired' AND NOT removed")


def upgrade() -> None:
    op.create_table(
        "activated_text",
        sa.Column("activation_id", sa.String(), nullable=False),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column(
            "sectors",
            sa.JSON().with_variant(postgresql.JSONB(), "postgresql"),
            nullable=False,
        ),
        sa.Column("ruleset_id", sa.String(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("activation_id", name=op.f("pk_activated_text")),
    )
    op.add_column(
        "record",
        sa.Column("disclosure_stopped", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        "ix_record_kept",
        "record",
        ["determined_on", "record_id"],
        sqlite_where=ON_FILE,
        postgresql_where=ON_FILE,
    )


def downgrade() -> None:
    op.drop_index("ix_record_kept", "record")
    with op.batch_alter_table("record") as record:
        record.drop_column("disclosure_stopped")
    op.drop_table("activated_text")

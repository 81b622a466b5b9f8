"""The subject's own reply to an adverse record."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "reply",
        *map(text, ("record_id", "content", "text")),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        text("written_by"),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        *map(text, ("released", "reasons", "reviewed_by")),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.record_id"], name=op.f("fk_reply_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_reply")),
    )
    op.create_index("ix_reply_state", "reply", ["state", "record_id"])


def downgrade() -> None:
    op.drop_table("reply")

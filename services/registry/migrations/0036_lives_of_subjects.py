"""Telephones, deregistrations and origins of subjects, and the acts of their lives."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

MOVED = "moved"
TEXTS = ("phone", "deregistration_ground", "origin_id")


def upgrade() -> None:
    for name in TEXTS:
        op.add_column("subject", sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("subject", sa.Column("deregistered_on", sa.Date(), nullable=True))
    moved: sa.Column[bool] = sa.Column(
        "moved", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("session", moved)
    op.execute(f"CREATE INDEX ix_session_moved ON session (session_id) WHERE {MOVED}")
    op.create_table(
        "subject_act",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("act_id", "subject_id", "other_id")
        ),
        sa.Column("act", sa.String(32), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("ground", "former_code", "other_name")
        ),
        sa.Column("kept", JsonColumn, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.subject_id"], name=op.f("fk_subject_act_subject_id")
        ),
        sa.PrimaryKeyConstraint("act_id", name=op.f("pk_subject_act")),
    )
    op.create_index("ix_subject_act_subject", "subject_act", ["subject_id", "at", "act_id"])
    op.create_index("ix_subject_act_other", "subject_act", ["other_id", "at", "act_id"])


def downgrade() -> None:
    op.drop_table("subject_act")
    op.drop_index("ix_session_moved")
    op.drop_column("session", "moved")
    for name in (*TEXTS, "deregistered_on"):
        op.drop_column("subject", name)

"""Escalation cases that a grade or a person opens, the grades in force, and what is contested."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_OPEN = "closed_at IS NULL"
_TEXTS = ("facts", "opened_by", "ruleset_id", "grade", "receipt_id", "close_reasons")


def upgrade() -> None:
    for name, filled in (("course", "red_alert"), ("matter", "alert"), *((t, "") for t in _TEXTS)):
        column: sa.Column[str] = sa.Column(name, sa.String(), nullable=False, server_default=filled)
        op.add_column("escalation", column)
    _one_open_case_for("subject_id", "matter")
    op.create_table(
        "standing_grade",
        *_texts("subject_id", "bureau", "ruleset_id", "grade", "receipt_id"),
        sa.Column("silent", sa.Boolean(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_standing_grade")),
    )
    op.create_index("ix_standing_grade_grade", "standing_grade", ["ruleset_id", "grade"])
    op.create_table(
        "contest",
        *_texts("case_id", "subject_id", "number"),
        sa.Column("targets", JsonColumn, nullable=False),
        sa.Column("running", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_contest")),
    )
    op.create_index("ix_contest_subject", "contest", ["subject_id", "running"])
    empty = sa.text("'[]'")
    op.add_column(
        "joining", sa.Column("contests", JsonColumn, nullable=False, server_default=empty)
    )
    receipt: sa.Column[str] = sa.Column(
        "receipt_id", sa.String(), nullable=False, server_default=""
    )
    op.add_column("escalation_draft", receipt)


def downgrade() -> None:
    op.drop_column("escalation_draft", "receipt_id")
    op.drop_column("joining", "contests")
    op.drop_table("contest")
    op.drop_table("standing_grade")
    _one_open_case_for("subject_id")
    for name in ("course", "matter", *_TEXTS):
        op.drop_column("escalation", name)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _one_open_case_for(*columns: str) -> None:
    is_open = sa.text(_OPEN)
    op.drop_index("ix_escalation_open", table_name="escalation")
    op.create_index(
        "ix_escalation_open",
        "escalation",
        list(columns),
        unique=True,
        sqlite_where=is_open,
        postgresql_where=is_open,
    )

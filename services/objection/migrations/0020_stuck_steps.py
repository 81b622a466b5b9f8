"""Refused steps of cases: their cause, and for whom a case is carried out since."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "objection_case", sa.Column("carried_by", sa.String(), server_default="", nullable=False)
    )
    op.create_table(
        "stuck_step",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retried_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("case_id", "step", name=op.f("pk_stuck_step")),
    )
    op.create_index(
        "ix_stuck_step_untried",
        "stuck_step",
        ["at", "case_id"],
        sqlite_where=sa.text("retried_at IS NULL"),
        postgresql_where=sa.text("retried_at IS NULL"),
    )
    op.execute(  # refused before this release; the file of the case names the cause
        "INSERT INTO stuck_step (case_id, step, why, at)"
        " SELECT case_id, substr(rung, 7), '', at FROM reached_rung WHERE rung LIKE 'stuck/%'"
    )


def downgrade() -> None:
    op.drop_table("stuck_step")
    op.drop_column("objection_case", "carried_by")

"""Orders of the case list: cases by their last day, and by the moment they were lodged."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_objection_case_due_on", "objection_case", ["due_on", "case_id"])
    op.create_index("ix_objection_case_lodged_at", "objection_case", ["lodged_at", "case_id"])


def downgrade() -> None:
    op.drop_index("ix_objection_case_lodged_at", "objection_case")
    op.drop_index("ix_objection_case_due_on", "objection_case")

"""An index of the grades of first loads, which the bureau releases in portions."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_standing_grade_silent",
        "standing_grade",
        ["ruleset_id", "grade", "subject_id"],
        sqlite_where=sa.text("silent"),
        postgresql_where=sa.text("silent"),
    )


def downgrade() -> None:
    op.drop_index("ix_standing_grade_silent", "standing_grade")

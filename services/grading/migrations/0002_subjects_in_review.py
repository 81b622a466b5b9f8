"""Subjects in review.

What grading knew before says "not in review" until the registry tells of the subject again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("subject") as table:
        table.add_column(
            sa.Column("in_review", sa.Boolean(), server_default=sa.false(), nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("subject") as table:
        table.drop_column("in_review")

"""The papers of applications for repair among the files of cases."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "case_evidence", sa.Column("purpose", sa.String(), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("case_evidence", "purpose")

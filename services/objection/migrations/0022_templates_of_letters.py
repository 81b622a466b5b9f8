"""The text, and its version, by which a letter was written."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    template: sa.Column[str] = sa.Column("template", sa.String(), nullable=False, server_default="")
    op.add_column("case_letter", template)


def downgrade() -> None:
    op.drop_column("case_letter", "template")

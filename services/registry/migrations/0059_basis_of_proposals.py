"""A proposal may name what its release depends on, instead of the version of its object."""

import sqlalchemy as sa
from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None


def upgrade() -> None:
    basis: sa.Column[str] = sa.Column("basis", sa.String(), nullable=False, server_default="")
    op.add_column("proposal", basis)


def downgrade() -> None:
    op.drop_column("proposal", "basis")

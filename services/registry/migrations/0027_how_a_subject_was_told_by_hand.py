"""How a telling by hand reached the subject of a record."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("telling", sa.Column("means", sa.String(32), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("telling", schema=None) as batch_op:
        batch_op.drop_column("means")

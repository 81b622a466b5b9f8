"""The first day of an unfavourable publication, after the window for the subject's reply."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("publication", sa.Column("told_on", sa.Date(), nullable=True))
    op.add_column("publication", sa.Column("public_from", sa.Date(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.drop_column("public_from")
        batch_op.drop_column("told_on")

"""The link whose secret part is put into the mail of a notice."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("link_id", sa.String(), nullable=False, server_default="")
    with op.batch_alter_table("notice") as batch:
        batch.add_column(column)


def downgrade() -> None:
    with op.batch_alter_table("notice") as batch:
        batch.drop_column("link_id")

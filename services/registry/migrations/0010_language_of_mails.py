"""The language in which a person wants the mails about their account."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("account") as batch:
        batch.add_column(sa.Column("language", sa.String(), nullable=False, server_default="zh"))


def downgrade() -> None:
    with op.batch_alter_table("account") as batch:
        batch.drop_column("language")

"""The language in which subjects want their mails, and the English text of a notice."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _language() -> sa.Column[str]:
    kind = sa.Enum("zh", "en", "both", name="language", native_enum=False, length=32)
    return sa.Column("language", kind, nullable=False, server_default="zh")


def upgrade() -> None:
    with op.batch_alter_table("digest_preference") as batch:
        batch.add_column(_language())
    with op.batch_alter_table("notice") as batch:
        batch.add_column(_language())
        for name in ("title_en", "body_en"):
            batch.add_column(sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("notice") as batch:
        for name in ("body_en", "title_en", "language"):
            batch.drop_column(name)
    with op.batch_alter_table("digest_preference") as batch:
        batch.drop_column("language")

"""A notice says what it is about, and bears the number and the check code of its letter."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

COLUMNS = ("about", "letter_id", "number", "check_code")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("notice", sa.Column(name, sa.String(), server_default="", nullable=False))
    op.create_index("ix_notice_number", "notice", ["number"])


def downgrade() -> None:
    op.drop_index("ix_notice_number", "notice")
    with op.batch_alter_table("notice") as notices:
        for name in reversed(COLUMNS):
            notices.drop_column(name)

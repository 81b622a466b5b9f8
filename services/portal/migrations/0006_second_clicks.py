"""Answers of the last seconds, so that a second click gets them from every replica; sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "second_click",
        sa.Column("sent", sa.String(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=True),
        sa.Column("clicked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("sent", name=op.f("pk_second_click")),
    )
    op.create_index(op.f("ix_second_click_clicked_at"), "second_click", ["clicked_at"])


def downgrade() -> None:
    op.drop_table("second_click")

"""When notices were read and acknowledged, the private addresses of calendars, and the board."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("read_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("notice", sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True))
    op.create_table(
        "calendar_feed",
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_calendar_feed_secret_sha256")),
    )
    op.create_index(
        "ix_instrument_board", "instrument", ["bureau", "type_code", "standing", "valid_until"]
    )


def downgrade() -> None:
    op.drop_index("ix_instrument_board", "instrument")
    op.drop_table("calendar_feed")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_column("acknowledged_at")
        batch_op.drop_column("read_at")

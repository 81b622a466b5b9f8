"""Mobile numbers of subjects, and which notices go to them."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None
_TEXTS = ("subject_id", "number", "asked", "sealed_code")


def upgrade() -> None:
    op.create_table(
        "mobile_number",
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("code_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("codes", sa.Integer(), nullable=False),
        sa.Column("codes_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_mobile_number")),
    )
    op.create_index("ix_mobile_number_asked", "mobile_number", ["asked"])
    op.add_column("digest_preference", sa.Column("by_sms", JsonColumn))
    also = sa.Column("sms_also", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("digest_preference", also)


def downgrade() -> None:
    op.drop_column("digest_preference", "sms_also")
    op.drop_column("digest_preference", "by_sms")
    op.drop_index("ix_mobile_number_asked", "mobile_number")
    op.drop_table("mobile_number")

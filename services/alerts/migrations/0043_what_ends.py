"""Permits, authorisations, laboratories and qualifications, with the day on which each ends."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None
_TEXTS = ("ending_id", "bureau", "subject_id", "institution", "what", "number")


def upgrade() -> None:
    op.create_table(
        "ending",
        sa.Column("kind", sa.String(length=32), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("told_for", sa.Date(), nullable=True),
        sa.Column("told_months", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "ending_id", name=op.f("pk_ending")),
    )
    op.create_index("ix_ending_last_day", "ending", ["last_day"])


def downgrade() -> None:
    op.drop_table("ending")

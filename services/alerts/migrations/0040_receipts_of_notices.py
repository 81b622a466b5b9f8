"""Receipts of notices, addresses that take no mail, and calendars of institutions."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None
_TEXTS = ("subject_id", "address", "bureau", "error")
_UNTOLD = sa.text("notice_id = ''")


def upgrade() -> None:
    op.create_table(
        "notice_attempt",
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "number", name=op.f("pk_notice_attempt")),
    )
    op.create_table(
        "dead_address",
        *(sa.Column(name, sa.String(), nullable=False) for name in _TEXTS),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "address", name=op.f("pk_dead_address")),
    )
    op.create_index(
        "ix_dead_address_untold",
        "dead_address",
        ["bureau"],
        sqlite_where=_UNTOLD,
        postgresql_where=_UNTOLD,
    )

    op.create_table(
        "institution_calendar",
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("secret_sha256", sa.String(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("institution", name=op.f("pk_institution_calendar")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_institution_calendar_secret_sha256")),
    )


def downgrade() -> None:
    op.drop_table("institution_calendar")
    op.drop_table("dead_address")
    op.drop_table("notice_attempt")

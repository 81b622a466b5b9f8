"""Institutions find the notices sent to them; what is due from them, and appointed, by day."""

import sqlalchemy as sa
from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None
# Table, columns and condition of each index.
_INDEXES = {
    "ix_notice_recipient": (
        "notice",
        ["recipient", "created_at", "notice_id"],
        "recipient <> ''",
    ),
    "ix_verification_to_report": (
        "verification",
        ["institution", "report_by"],
        "report_by IS NOT NULL",
    ),
    "ix_awaited_order_due": ("awaited_order", ["institution", "due_on"], "due_on IS NOT NULL"),
    "ix_awaited_order_of": ("awaited_order", ["subject_id"], "due_on IS NOT NULL"),
}


def upgrade() -> None:
    op.add_column("verification", sa.Column("report_by", sa.Date(), nullable=True))
    op.add_column("awaited_order", sa.Column("appointed_on", sa.Date(), nullable=True))
    applicant = sa.Column("subject_id", sa.String(), server_default="", nullable=False)
    op.add_column("awaited_order", applicant)
    for name, (table, columns, condition) in _INDEXES.items():
        where = sa.text(condition)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    for name, (table, _, _) in _INDEXES.items():
        op.drop_index(name, table)
    op.drop_column("awaited_order", "subject_id")
    op.drop_column("awaited_order", "appointed_on")
    op.drop_column("verification", "report_by")

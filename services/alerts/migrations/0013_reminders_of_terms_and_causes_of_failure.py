"""Reminders of terms, which are told together, and why the delivery of a notice failed."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


# What aiosmtplib calls the refusal of a recipient, and Python an address that is none.
_REFUSED = """
UPDATE notice SET failure = CASE
  WHEN error LIKE 'SMTPRecipientsRefused:%' OR error LIKE 'ValueError:%' THEN 'refused'
  ELSE 'unreachable' END
WHERE error <> ''
"""


def upgrade() -> None:
    failure = sa.Column("failure", sa.String(32), nullable=False, server_default="")
    op.add_column("notice", failure)
    op.execute(_REFUSED)
    op.create_table(
        "term_note",
        sa.Column("event_id", sa.String(), primary_key=True),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("case_number", sa.String(), nullable=False),
        sa.Column("message_zh", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
    )
    untold = sa.text("notice_id = ''")
    op.create_index(
        "ix_term_note_untold",
        "term_note",
        ["bureau", "at"],
        sqlite_where=untold,
        postgresql_where=untold,
    )


def downgrade() -> None:
    op.drop_table("term_note")
    op.drop_column("notice", "failure")

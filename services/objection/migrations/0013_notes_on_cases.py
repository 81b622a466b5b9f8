"""Notes of a bureau on its cases, and the colleagues named in them."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

UNSEEN = "seen_at IS NULL"


def upgrade() -> None:
    op.create_table(
        "case_note",
        sa.Column("note_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("author", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("note_id", name=op.f("pk_case_note")),
    )
    op.create_index("ix_case_note_case", "case_note", ["case_id", "at", "note_id"])
    op.create_table(
        "case_mention",
        sa.Column("account_id", sa.String(), nullable=False),
        sa.Column("note_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "note_id", name=op.f("pk_case_mention")),
    )
    op.create_index("ix_case_mention_note", "case_mention", ["note_id", "account_id"])
    op.create_index(
        "ix_case_mention_unseen",
        "case_mention",
        ["account_id", "at", "note_id"],
        sqlite_where=sa.text(UNSEEN),
        postgresql_where=sa.text(UNSEEN),
    )
    op.create_index(
        "ix_objection_case_open_unassigned",
        "objection_case",
        ["due_on", "case_id"],
        sqlite_where=sa.text(UNASSIGNED),
        postgresql_where=sa.text(UNASSIGNED),
    )


def downgrade() -> None:
    op.drop_index("ix_objection_case_open_unassigned", "objection_case")
    op.drop_table("case_mention")
    op.drop_table("case_note")


UNASSIGNED = "caseworker = '' AND state NOT IN ('closed', 'declined', 'withdrawn')"

"""Requests for recusal, and what the subject of any case was asked to supplement."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

WAITS = "approved IS NULL"


def upgrade() -> None:
    op.add_column("objection_case", sa.Column("supplement", JsonColumn, nullable=True))
    op.create_table(
        "recusal",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("recusal_id", "case_id", "number", "bureau", "person", "name")
        ),
        sa.Column("is_head", sa.Boolean(), nullable=False),
        sa.Column("above", JsonColumn, nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("ground", "reasons", "asked_by")
        ),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved", sa.Boolean(), nullable=True),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("answer", "decided_by")),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("successor", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("recusal_id", name=op.f("pk_recusal")),
    )
    op.create_index("ix_recusal_case", "recusal", ["case_id", "asked_at"])
    op.create_index(
        "ix_recusal_waiting",
        "recusal",
        ["asked_at", "recusal_id", "bureau"],
        sqlite_where=sa.text(WAITS),
        postgresql_where=sa.text(WAITS),
    )


def downgrade() -> None:
    op.drop_table("recusal")
    op.drop_column("objection_case", "supplement")

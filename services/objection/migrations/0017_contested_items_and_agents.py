"""What a case contests item by item, a contested grade, and the agent of a subject."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

HAS_AGENT = "agent_subject_id != ''"
INDEX = "ix_objection_case_agent"


def upgrade() -> None:
    for column in (
        sa.Column("items", JsonColumn, nullable=False, server_default=sa.text("'[]'")),
        sa.Column("contested_grade", JsonColumn, nullable=True),
        sa.Column("agent", JsonColumn, nullable=True),
        sa.Column("agent_subject_id", sa.String(), nullable=False, server_default=""),
        sa.Column("agent_until", sa.Date(), nullable=True),
    ):
        op.add_column("objection_case", column)
    op.create_index(
        INDEX,
        "objection_case",
        ["agent_subject_id", "due_on", "case_id"],
        sqlite_where=sa.text(HAS_AGENT),
        postgresql_where=sa.text(HAS_AGENT),
    )


def downgrade() -> None:
    op.drop_index(INDEX, "objection_case")
    for column in ("agent_until", "agent_subject_id", "agent", "contested_grade", "items"):
        op.drop_column("objection_case", column)

"""Later mandates of agents that wait to be checked."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLE, INDEX = "objection_case", "ix_objection_case_mandate_to_check"
TO_CHECK = "mandate_sent_on IS NOT NULL AND state NOT IN ('closed', 'declined', 'withdrawn')"


def upgrade() -> None:
    op.add_column(TABLE, sa.Column("mandate_sent_on", sa.Date(), nullable=True))
    op.create_index(
        INDEX,
        TABLE,
        ["due_on", "case_id"],
        sqlite_where=sa.text(TO_CHECK),
        postgresql_where=sa.text(TO_CHECK),
    )


def downgrade() -> None:
    op.drop_index(INDEX, TABLE)
    op.drop_column(TABLE, "mandate_sent_on")

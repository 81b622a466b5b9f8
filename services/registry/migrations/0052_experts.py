"""Experts and how they are reached, and a list of what is under no compulsory verification."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

FREE = "non_compulsory_ground <> '' AND NOT removed"
INDEXES = (
    f"ix_instrument_non_compulsory ON instrument (instrument_id) WHERE {FREE}",
    (f"ix_instrument_bureau_free ON instrument (substr(bureau, 1, 6), instrument_id) WHERE {FREE}"),
)


def upgrade() -> None:
    contact: sa.Column[str] = sa.Column("contact", sa.String(), nullable=False, server_default="")
    op.add_column("qualification", contact)
    for index in INDEXES:
        op.execute(f"CREATE INDEX {index}")


def downgrade() -> None:
    for index in INDEXES:
        op.execute(f"DROP INDEX {index.partition(' ')[0]}")
    op.execute("DELETE FROM qualification WHERE kind = 'expert'")
    op.drop_column("qualification", "contact")

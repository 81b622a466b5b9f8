"""A subject stands on one exposure list for each matter, which includes what was exposed singly."""

import sqlalchemy as sa
from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

_STANDING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    _index("subject_id", "course")


def downgrade() -> None:
    _index("subject_id")


def _index(*columns: str) -> None:
    op.drop_index("ix_exposure_entry_standing", "exposure_entry")
    op.create_index(
        "ix_exposure_entry_standing",
        "exposure_entry",
        [*columns],
        unique=True,
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    )

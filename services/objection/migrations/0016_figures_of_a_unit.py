"""The last day to accept a case, and indexes from which the figures of a unit are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

OLD = ("ix_objection_case_bureau_decided_at ON objection_case (substr(bureau, 1, 6), decided_at)",)
NEW = (
    (
        "ix_objection_case_accept_by ON objection_case (accept_by, case_id)"
        " WHERE accept_by < '9999-12-31'"
    ),
    (
        "ix_objection_case_bureau_accept_by ON objection_case (substr(bureau, 1, 6), accept_by,"
        " case_id) WHERE accept_by < '9999-12-31'"
    ),
    (
        "ix_objection_case_bureau_counted ON objection_case (substr(bureau, 1, 6), due_on,"
        " accept_by, kind, state, caseworker, lodged_at, bureau)"
        " WHERE state NOT IN ('closed', 'declined', 'withdrawn')"
    ),
    (
        "ix_objection_case_bureau_decided ON objection_case (substr(bureau, 1, 6), decided_at,"
        " due_on, kind, bureau, outcome) WHERE outcome IS NOT NULL"
    ),
    (
        "ix_objection_case_decided ON objection_case (decided_at, due_on, kind, bureau, outcome)"
        " WHERE outcome IS NOT NULL"
    ),
)


def upgrade() -> None:
    # Each start of the service computes the day of every open case by the calendar in force.
    op.add_column(
        "objection_case",
        sa.Column("accept_by", sa.Date(), nullable=False, server_default="9999-12-31"),
    )
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)
    op.drop_column("objection_case", "accept_by")


def _replace(gone: tuple[str, ...], made: tuple[str, ...]) -> None:
    for index in gone:
        op.execute(f"DROP INDEX {index.partition(' ')[0]}")
    for index in made:
        op.execute(f"CREATE INDEX {index}")

"""Indexes for the filters and orders of lists."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NEW = (
    "ix_objection_case_bureau ON objection_case (substr(bureau, 1, 6), due_on, case_id)",
    "ix_objection_case_bureau_decided_at ON objection_case (substr(bureau, 1, 6), decided_at)",
    (
        "ix_objection_case_bureau_lodged_at ON objection_case (substr(bureau, 1, 6), lodged_at,"
        " case_id)"
    ),
    (
        "ix_objection_case_bureau_open ON objection_case (substr(bureau, 1, 6), due_on, case_id,"
        " bureau, state) WHERE state NOT IN ('closed', 'declined', 'withdrawn')"
    ),
    (
        "ix_objection_case_bureau_open_lodged ON objection_case (substr(bureau, 1, 6), lodged_at,"
        " case_id) WHERE state NOT IN ('closed', 'declined', 'withdrawn')"
    ),
    (
        "ix_objection_case_bureau_state ON objection_case (substr(bureau, 1, 6), state, due_on,"
        " case_id)"
    ),
    (
        "ix_objection_case_open_caseworker ON objection_case (caseworker, due_on, case_id)"
        " WHERE state NOT IN ('closed', 'declined', 'withdrawn')"
    ),
    (
        "ix_objection_case_open_due_on ON objection_case (due_on, case_id, bureau, state)"
        " WHERE state NOT IN ('closed', 'declined', 'withdrawn')"
    ),
    (
        "ix_objection_case_open_lodged_at ON objection_case (lodged_at, case_id)"
        " WHERE state NOT IN ('closed', 'declined', 'withdrawn')"
    ),
    "ix_objection_case_state ON objection_case (state, due_on, case_id)",
    "ix_objection_case_subject ON objection_case (subject_id, due_on, case_id)",
)
OLD = (
    "ix_objection_case_bureau_due_on ON objection_case (bureau, due_on, case_id)",
    "ix_objection_case_subject_id ON objection_case (subject_id)",
)


def upgrade() -> None:
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)


def _replace(gone: tuple[str, ...], made: tuple[str, ...]) -> None:
    for index in gone:
        op.execute(f"DROP INDEX {index.partition(' ')[0]}")
    for index in made:
        op.execute(f"CREATE INDEX {index}")

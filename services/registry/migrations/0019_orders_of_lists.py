"""Indexes for the filters and orders of lists."""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

NEW = (
    "ix_absence_bureau ON absence (substr(bureau, 1, 6), from_on, absence_id)",
    "ix_account_bureau ON account (substr(bureau, 1, 6), name)",
    "ix_account_subject ON account (subject_id, created_at, account_id)",
    (
        "ix_certificate_file_newest_in_force ON certificate_file (uploaded_at, certificate_id)"
        " WHERE superseded_at IS NULL"
    ),
    "ix_import_batch_bureau ON import_batch (substr(bureau, 1, 6), imported_at, batch_id)",
    (
        "ix_import_batch_bureau_state ON import_batch (substr(bureau, 1, 6), state, imported_at,"
        " batch_id)"
    ),
    "ix_import_batch_sender ON import_batch (imported_by, imported_at, batch_id)",
    "ix_import_batch_state ON import_batch (state, imported_at, batch_id)",
    (
        "ix_instrument_bureau_repeated ON instrument (substr(bureau, 1, 6), instrument_id)"
        " WHERE repeated_serial AND NOT removed"
    ),
    "ix_instrument_of_bureau ON instrument (substr(bureau, 1, 6), instrument_id)",
    (
        "ix_instrument_repeated_serial ON instrument (instrument_id)"
        " WHERE repeated_serial AND NOT removed"
    ),
    "ix_proposal_bureau ON proposal (substr(bureau, 1, 6), proposed_at, proposal_id)",
    "ix_proposal_bureau_state ON proposal (substr(bureau, 1, 6), state, proposed_at, proposal_id)",
    "ix_proposal_proposer ON proposal (proposed_by, proposed_at, proposal_id)",
    "ix_proposal_state ON proposal (state, proposed_at, proposal_id)",
    "ix_registration_bureau ON registration (substr(bureau, 1, 6), created_at, registration_id)",
    (
        "ix_registration_bureau_state ON registration (substr(bureau, 1, 6), state, created_at,"
        " registration_id)"
    ),
    "ix_registration_state ON registration (state, created_at, registration_id)",
    "ix_subject_bureau_credit_code ON subject (substr(bureau, 1, 6), credit_code, subject_id)",
    (
        "ix_subject_bureau_in_review ON subject (substr(bureau, 1, 6), name, subject_id)"
        " WHERE in_review AND NOT removed"
    ),
    "ix_subject_bureau_name ON subject (substr(bureau, 1, 6), name, subject_id)",
    "ix_subject_by_credit_code ON subject (credit_code, subject_id)",
    "ix_subject_in_review ON subject (name, subject_id) WHERE in_review AND NOT removed",
)
OLD = ("ix_instrument_bureau ON instrument (bureau, instrument_id)",)


def upgrade() -> None:
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)


def _replace(gone: tuple[str, ...], made: tuple[str, ...]) -> None:
    for index in gone:
        op.execute(f"DROP INDEX {index.partition(' ')[0]}")
    for index in made:
        op.execute(f"CREATE INDEX {index}")

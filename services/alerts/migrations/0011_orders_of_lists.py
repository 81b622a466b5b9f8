"""Indexes for the filters and orders of lists, and the day by which instruments are ranked."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

NEW = (
    "ix_alert_bureau ON alert (substr(bureau, 1, 6), alert_id)",
    "ix_alert_bureau_told ON alert (substr(bureau, 1, 6), alert_id) WHERE NOT baseline",
    "ix_alert_instrument ON alert (instrument_id, alert_id)",
    "ix_alert_told ON alert (alert_id) WHERE NOT baseline",
    "ix_escalation_bureau ON escalation (substr(bureau, 1, 6), opened_at, escalation_id)",
    (
        "ix_escalation_bureau_state ON escalation (substr(bureau, 1, 6), state, opened_at,"
        " escalation_id)"
    ),
    "ix_escalation_state ON escalation (state, opened_at, escalation_id)",
    "ix_escalation_step_state ON escalation_step (step, state, step_id)",
    "ix_escalation_subject ON escalation (subject_id, opened_at, escalation_id)",
    (
        "ix_instrument_bureau_ranked_on ON instrument (substr(bureau, 1, 6), ranked_on,"
        " instrument_id, bureau, standing) WHERE standing <> 'removed'"
    ),
    (
        "ix_instrument_bureau_serial_no ON instrument (substr(bureau, 1, 6), serial_no,"
        " instrument_id) WHERE standing <> 'removed'"
    ),
    (
        "ix_instrument_bureau_type_code ON instrument (substr(bureau, 1, 6), type_code, ranked_on,"
        " instrument_id) WHERE standing <> 'removed'"
    ),
    (
        "ix_instrument_counted ON instrument (substr(bureau, 1, 6), bureau, type_code, standing,"
        " valid_until) WHERE standing <> 'removed'"
    ),
    (
        "ix_instrument_owned ON instrument (subject_id, ranked_on, instrument_id)"
        " WHERE standing <> 'removed'"
    ),
    (
        "ix_instrument_ranked_on ON instrument (ranked_on, instrument_id, bureau, standing)"
        " WHERE standing <> 'removed'"
    ),
    "ix_instrument_serial_no ON instrument (serial_no, instrument_id) WHERE standing <> 'removed'",
    (
        "ix_instrument_type_code ON instrument (type_code, ranked_on, instrument_id)"
        " WHERE standing <> 'removed'"
    ),
    "ix_notice_bureau ON notice (substr(bureau, 1, 6), created_at, notice_id)",
    "ix_notice_bureau_state ON notice (substr(bureau, 1, 6), state, created_at, notice_id)",
    "ix_notice_state_newest ON notice (state, created_at, notice_id)",
    "ix_notice_subject ON notice (subject_id, created_at, notice_id)",
)
OLD = (
    "ix_instrument_board ON instrument (bureau, type_code, standing, valid_until)",
    "ix_notice_state ON notice (state)",
    "ix_notice_subject_id ON notice (subject_id)",
)
_RANK = """
UPDATE instrument SET ranked_on = CASE
  WHEN standing IN ('rejected', 'repaired', 'unverified') THEN '0001-01-01'
  ELSE valid_until END
WHERE standing IN ('rejected', 'repaired', 'unverified')
  OR standing = 'dated' AND valid_until IS NOT NULL
"""


def upgrade() -> None:
    ranked_on = sa.Column("ranked_on", sa.Date(), nullable=False, server_default="9999-12-31")
    op.add_column("instrument", ranked_on)
    op.execute(_RANK)
    _replace(OLD, NEW)


def downgrade() -> None:
    _replace(NEW, OLD)
    op.drop_column("instrument", "ranked_on")


def _replace(gone: tuple[str, ...], made: tuple[str, ...]) -> None:
    for index in gone:
        op.execute(f"DROP INDEX {index.partition(' ')[0]}")
    for index in made:
        op.execute(f"CREATE INDEX {index}")

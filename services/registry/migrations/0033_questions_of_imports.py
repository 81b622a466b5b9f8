"""What imports leave for a person to decide, and the instruments that wait for that already."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

INDEXES = (
    "ix_question_oldest ON question (opened_at, question_id)",
    "ix_question_state ON question (state, opened_at, question_id)",
    "ix_question_subject ON question (subject_id, opened_at, question_id)",
    "ix_question_batch ON question (batch_id, opened_at, question_id)",
    "ix_question_bureau ON question (substr(bureau, 1, 6), opened_at, question_id)",
    "ix_question_bureau_state ON question (substr(bureau, 1, 6), state, opened_at, question_id)",
)
# Instruments in use that an import filed, of which nothing but a rejection is known: the id is
# that of the instrument, since what is asked about needs no digest to be one of its kind.
ASKED = """
INSERT INTO question (question_id, kind, bureau, subject_id, instrument_id, record_id, source_ref,
                      day, provided_by, summary, severity, batch_id, state, answer, ground,
                      opened_at, decided_by)
SELECT i.instrument_id, 'rejected_alone', i.bureau, i.subject_id, i.instrument_id, '', '',
       max(v.verified_on), max(v.institution), '', '', min(t.batch_id), 'waiting', '', '',
       min(b.imported_at), ''
FROM instrument i
JOIN verification v ON v.instrument_id = i.instrument_id AND NOT v.removed
JOIN import_thing t ON t.thing_id = i.instrument_id AND NOT t.stated
JOIN import_batch b ON b.batch_id = t.batch_id AND b.state = 'applied'
  AND b.family = 'verifications'
WHERE i.state = 'in_use' AND NOT i.removed
GROUP BY i.instrument_id, i.bureau, i.subject_id
HAVING sum(CASE WHEN v.result = 'pass' THEN 1 ELSE 0 END) = 0
   AND sum(CASE WHEN v.result = 'reject' THEN 1 ELSE 0 END) > 0
"""


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    to_decide = sa.Column("to_decide", sa.Integer(), nullable=False, server_default="0")
    op.add_column("import_batch", to_decide)
    op.create_table(
        "question",
        text("question_id"),
        sa.Column("kind", sa.String(32), nullable=False),
        *map(text, ("bureau", "subject_id", "instrument_id", "record_id", "source_ref")),
        sa.Column("day", sa.Date(), nullable=False),
        *map(text, ("provided_by", "summary", "severity")),
        *map(text, ("batch_id", "state", "answer", "ground")),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        text("decided_by"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.batch_id"], name=op.f("fk_question_batch_id")
        ),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_question")),
    )
    for index in INDEXES:
        op.execute(f"CREATE INDEX {index}")
    op.execute(ASKED)


def downgrade() -> None:
    op.drop_table("question")
    op.drop_column("import_batch", "to_decide")

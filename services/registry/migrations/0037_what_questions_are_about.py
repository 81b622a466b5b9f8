"""Indices of the instruments and records that questions are about."""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None

INDICES = {"ix_question_instrument": "instrument_id", "ix_question_record": "record_id"}


def upgrade() -> None:
    for name, column in INDICES.items():
        op.create_index(name, "question", [column])


def downgrade() -> None:
    for name in INDICES:
        op.drop_index(name, table_name="question")

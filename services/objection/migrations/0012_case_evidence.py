"""Files as evidence in cases."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_evidence",
        sa.Column("evidence_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("description", sa.String(), nullable=False),
        sa.Column("classification", sa.String(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_subject", sa.Boolean(), nullable=False),
        sa.Column("preview_sha256", sa.String(), nullable=False),
        sa.Column("preview_size", sa.Integer(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("evidence_id", name=op.f("pk_case_evidence")),
    )
    op.create_index("ix_case_evidence_case", "case_evidence", ["case_id", "uploaded_at"])
    held = sa.text("case_id = ''")
    op.create_index(
        "ix_case_evidence_held",
        "case_evidence",
        ["subject_id", "uploaded_at"],
        sqlite_where=held,
        postgresql_where=held,
    )
    op.create_index("ix_case_evidence_sha256", "case_evidence", ["sha256"])
    op.create_index("ix_case_evidence_preview", "case_evidence", ["preview_sha256"])


def downgrade() -> None:
    op.drop_table("case_evidence")

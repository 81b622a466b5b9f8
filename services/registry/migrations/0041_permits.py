"""Permits of metrology."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

ON_FILE = "NOT removed"
ENDING = "valid_until IS NOT NULL AND NOT removed"


def upgrade() -> None:
    op.create_table(
        "permit",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in (
                *("permit_id", "subject_id", "matter", "document_name", "document_no"),
                *("category", "certificate_name", "permit_no", "content"),
            )
        ),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("open_ended", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("authority", "authority_code", "provided_by")
        ),
        sa.Column("entered_on", sa.Date(), nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("entered_by", "ended", "ended_ground", "number_key", "authority_key")
        ),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("removed", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.subject_id"], name=op.f("fk_permit_subject_id")
        ),
        sa.PrimaryKeyConstraint("permit_id", name=op.f("pk_permit")),
    )
    decision = ["subject_id", "number_key", "authority_key"]
    _index("uq_permit_decision", decision, ON_FILE, unique=True)
    op.create_index("ix_permit_subject", "permit", ["subject_id", "decided_on", "permit_id"])
    op.create_index("ix_permit_newest", "permit", ["decided_on", "permit_id"])
    _index("ix_permit_ending", ["valid_until", "permit_id"], ENDING, unique=False)


def downgrade() -> None:
    op.drop_table("permit")


def _index(name: str, columns: list[str], where: str, *, unique: bool) -> None:
    rows = sa.text(where)
    op.create_index(
        name, "permit", columns, unique=unique, sqlite_where=rows, postgresql_where=rows
    )

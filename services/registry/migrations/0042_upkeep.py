"""The log of upkeep of instruments."""

import sqlalchemy as sa
from alembic import op

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "upkeep_entry",
        *_texts("upkeep_id", "instrument_id", "kind", "part"),
        sa.Column("done_on", sa.Date(), nullable=False),
        *_texts("done_by", "what", "seal_no", "corrects", "ground", "corrected_by"),
        *_texts("verification_id", "entered_by"),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["instrument_id"],
            ["instrument.instrument_id"],
            name=op.f("fk_upkeep_entry_instrument_id"),
        ),
        sa.PrimaryKeyConstraint("upkeep_id", name=op.f("pk_upkeep_entry")),
    )
    of_instrument = ["instrument_id", "done_on", "upkeep_id"]
    op.create_index("ix_upkeep_instrument", "upkeep_entry", of_instrument)
    op.create_index("ix_upkeep_newest", "upkeep_entry", ["done_on", "upkeep_id"])
    op.create_table(
        "upkeep_file",
        *_texts("file_id", "upkeep_id", "sha256"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *_texts("kind", "file_name", "uploaded_by"),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["upkeep_id"], ["upkeep_entry.upkeep_id"], name=op.f("fk_upkeep_file_upkeep_id")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_upkeep_file")),
    )
    op.create_index("uq_upkeep_file", "upkeep_file", ["upkeep_id", "sha256"], unique=True)
    op.create_index("ix_upkeep_file_sha256", "upkeep_file", ["sha256"])


def downgrade() -> None:
    op.drop_table("upkeep_file")
    op.drop_table("upkeep_entry")


def _texts(*names: str) -> tuple[sa.Column[str], ...]:
    return tuple(sa.Column(name, sa.String(), nullable=False) for name in names)

"""Repairs and broken seals that owners noted, and certificates of calibration that wait."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None
_OF_UPKEEP = ("upkeep_id", "instrument_id", "kind")
_OF_DCC = ("dcc_id", "institution", "bureau", "certificate_no", "laboratory")


def upgrade() -> None:
    op.create_table(
        "untold_upkeep",
        *(sa.Column(name, sa.String(), nullable=False) for name in _OF_UPKEEP),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("upkeep_id", name=op.f("pk_untold_upkeep")),
    )
    op.create_table(
        "known_dcc",
        *(sa.Column(name, sa.String(), nullable=False) for name in _OF_DCC),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("untold", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("dcc_id", name=op.f("pk_known_dcc")),
    )
    op.create_index(
        "ix_known_dcc_untold",
        "known_dcc",
        ["bureau"],
        sqlite_where=sa.text("untold"),
        postgresql_where=sa.text("untold"),
    )


def downgrade() -> None:
    op.drop_table("known_dcc")
    op.drop_table("untold_upkeep")

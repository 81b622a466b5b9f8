"""Repairs beside objections: a case has a kind, each kind its own series and open records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KINDS = sa.Enum(
    "objection", "reconsideration", "repair", name="casekind", native_enum=False, length=32
)


def upgrade() -> None:
    op.create_table(
        "open_repair",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_open_repair")),
    )
    op.create_index(op.f("ix_open_repair_case_id"), "open_repair", ["case_id"])
    op.create_table(
        "repair_number",
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bureau", "year", name=op.f("pk_repair_number")),
    )
    op.add_column(
        "objection_case", sa.Column("kind", KINDS, server_default="objection", nullable=False)
    )
    op.add_column(
        "objection_case",
        sa.Column(
            "repair", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True
        ),
    )


def downgrade() -> None:
    with op.batch_alter_table("objection_case") as cases:
        cases.drop_column("repair")
        cases.drop_column("kind")
    op.drop_table("repair_number")
    op.drop_table("open_repair")

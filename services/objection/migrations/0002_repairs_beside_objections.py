"""Repairs beside objections: a case has a kind, and each kind its own series and open records."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _kind(server_default: str | None = None) -> sa.Column[str]:
    kinds = ("objection", "reconsideration", "repair")
    column = sa.Enum(*kinds, name="casekind", native_enum=False, length=32)
    return sa.Column("kind", column, nullable=False, server_default=server_default)


def upgrade() -> None:
    op.create_table(
        "case_series",
        _kind(),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "bureau", "year", name=op.f("pk_case_series")),
    )
    op.execute(
        "INSERT INTO case_series (kind, bureau, year, last)"
        " SELECT 'objection', bureau, year, last FROM case_number"
    )
    op.drop_table("case_number")
    op.create_table(
        "open_case_record",
        sa.Column("record_id", sa.String(), nullable=False),
        _kind(),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "kind", name=op.f("pk_open_case_record")),
    )
    op.create_index(op.f("ix_open_case_record_case_id"), "open_case_record", ["case_id"])
    op.execute(
        "INSERT INTO open_case_record (record_id, kind, case_id)"
        " SELECT record_id, 'objection', case_id FROM open_record"
    )
    op.drop_table("open_record")
    op.add_column("objection_case", _kind(server_default="objection"))
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
    op.create_table(
        "open_record",
        sa.Column("record_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_open_record")),
    )
    op.create_index(op.f("ix_open_record_case_id"), "open_record", ["case_id"])
    op.execute(
        "INSERT INTO open_record (record_id, case_id)"
        " SELECT record_id, case_id FROM open_case_record WHERE kind = 'objection'"
    )
    op.drop_table("open_case_record")
    op.create_table(
        "case_number",
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bureau", "year", name=op.f("pk_case_number")),
    )
    op.execute(
        "INSERT INTO case_number (bureau, year, last)"
        " SELECT bureau, year, last FROM case_series WHERE kind = 'objection'"
    )
    op.drop_table("case_series")

"""Laboratories, their records, and the marks on verifications that were done there."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None

IN_LABORATORY = "worked_from <> ''"
FINDINGS = (
    *("unknown_laboratory", "not_authorised", "exceeded", "no_records", "gaps", "no_limits"),
    "within",
)
LIMITS = ("least_temperature", "most_temperature", "least_humidity", "most_humidity")
FOUND = ("lowest_temperature", "highest_temperature", "lowest_humidity", "highest_humidity")


def upgrade() -> None:
    for name in ("laboratory", "worked_from", "worked_until"):
        column = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("verification", column)
    rows = sa.text(IN_LABORATORY)
    op.create_index(
        *("ix_verification_laboratory", "verification"),
        ["institution", "laboratory", "worked_from"],
        sqlite_where=rows,
        postgresql_where=rows,
    )
    _laboratories()
    _records()
    _marks()


def _laboratories() -> None:
    op.create_table(
        "laboratory",
        *_texts("laboratory_id", "institution_id", "name", "site", "document_no"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _key("laboratory", "institution_id", "institution"),
        sa.PrimaryKeyConstraint("laboratory_id", name=op.f("pk_laboratory")),
    )
    op.create_index("uq_laboratory_name", "laboratory", ["institution_id", "name"], unique=True)
    op.create_index("ix_laboratory_by_name", "laboratory", ["name", "laboratory_id"])


def _records() -> None:
    op.create_table(
        "environment_record",
        *_texts("laboratory_id", "sensor"),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("temperature", sa.Integer(), nullable=False),
        sa.Column("humidity", sa.Integer(), nullable=False),
        _key("environment_record", "laboratory_id", "laboratory"),
        sa.PrimaryKeyConstraint(
            "laboratory_id", "sensor", "hour", name=op.f("pk_environment_record")
        ),
    )
    of_hour = ["laboratory_id", "hour", "sensor"]
    op.create_index("ix_environment_record_hour", "environment_record", of_hour)


def _marks() -> None:
    finding = sa.Enum(*FINDINGS, name="finding", native_enum=False, length=32)
    op.create_table(
        "environment_mark",
        *_texts("verification_id"),
        sa.Column("finding", finding, nullable=False),
        *_texts("laboratory", "worked_from", "worked_until", "regulation"),
        sa.Column("example", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in LIMITS),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("hours_missing", sa.Integer(), nullable=False),
        sa.Column("hours_outside", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=True) for name in FOUND),
        sa.Column("marked_at", sa.DateTime(timezone=True), nullable=False),
        *_texts("note", "noted_by"),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _key("environment_mark", "verification_id", "verification"),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_environment_mark")),
    )
    newest = ["worked_from", "verification_id"]
    op.create_index("ix_environment_mark_newest", "environment_mark", newest)


def downgrade() -> None:
    for table in ("environment_mark", "environment_record", "laboratory"):
        op.drop_table(table)
    op.drop_index("ix_verification_laboratory", "verification")
    for name in ("worked_until", "worked_from", "laboratory"):
        op.drop_column("verification", name)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _key(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{of}.{column}"], name=op.f(f"fk_{table}_{column}"))

"""Calibration institutions, registered metrologists and examiners."""

import sqlalchemy as sa
from alembic import op

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

KINDS = ("calibration_institution", "metrologist", "examiner")
ENDING = "valid_until IS NOT NULL AND ended_ground = ''"
PUBLIC = "consent <> '' AND ended_ground = ''"


def upgrade() -> None:
    kind = sa.Enum(*KINDS, name="qualificationkind", native_enum=False, length=32)
    op.create_table(
        "qualification",
        sa.Column("qualification_id", sa.String(), nullable=False),
        sa.Column("kind", kind, nullable=False),
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("number", "number_key", "name", "scope", "institution", "bureau")
        ),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("ended_ground", sa.String(), nullable=False),
        sa.Column("consent", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["bureau"], ["bureau.code"], name=op.f("fk_qualification_bureau")),
        sa.PrimaryKeyConstraint("qualification_id", name=op.f("pk_qualification")),
    )
    number = ["kind", "number_key"]
    op.create_index("uq_qualification_number", "qualification", number, unique=True)
    op.create_index("ix_qualification_name", "qualification", ["name", "qualification_id"])
    _index("ix_qualification_ending", ["valid_until", "qualification_id"], ENDING)
    _index("ix_qualification_public", ["name", "qualification_id"], PUBLIC)


def downgrade() -> None:
    op.drop_table("qualification")


def _index(name: str, columns: list[str], where: str) -> None:
    rows = sa.text(where)
    op.create_index(name, "qualification", columns, sqlite_where=rows, postgresql_where=rows)

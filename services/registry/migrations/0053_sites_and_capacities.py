"""Where institutions verify, and what they say that they complete on a working day."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "institution_site",
        *_texts("site_id", "institution_id", "name", "address"),
        sa.Column("type_codes", JSON, nullable=False),
        *(
            sa.Column(name, sa.Boolean(), nullable=False)
            for name in ("at_owner", "released", "closed")
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        _of_institution("institution_site"),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_institution_site")),
    )
    named = ["institution_id", "name"]
    op.create_index("uq_institution_site_name", "institution_site", named, unique=True)
    op.create_table(
        "institution_capacity",
        *_texts("capacity_id", "institution_id"),
        sa.Column("type_codes", JSON, nullable=False),
        sa.Column("per_day", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        _of_institution("institution_capacity"),
        sa.PrimaryKeyConstraint("capacity_id", name=op.f("pk_institution_capacity")),
    )
    by_day = ["institution_id", "from_on"]
    op.create_index("ix_institution_capacity", "institution_capacity", by_day)


def downgrade() -> None:
    op.drop_table("institution_capacity")
    op.drop_table("institution_site")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _of_institution(table: str) -> sa.ForeignKeyConstraint:
    of = ["institution.institution_id"]
    return sa.ForeignKeyConstraint(["institution_id"], of, name=op.f(f"fk_{table}_institution_id"))

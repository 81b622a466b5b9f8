"""Exposure lists, and the subjects that stand or stood on them."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_STANDING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "exposure_list",
        *_texts("list_id", "bureau"),
        _choice("state"),
        *_texts("verified_how", "compiled_by"),
        _moment("compiled_at", nullable=False),
        *_texts("reviewed_by"),
        _moment("reviewed_at"),
        *_texts("findings", "released_by"),
        _moment("released_at"),
        sa.Column("media", JsonColumn, nullable=False),
        *_texts("number"),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=True),
        *_texts("discarded_by"),
        _moment("discarded_at"),
        *_texts("discard_reasons"),
        sa.PrimaryKeyConstraint("list_id", name=op.f("pk_exposure_list")),
        sa.UniqueConstraint(
            "bureau", "year", "serial", name=op.f("uq_exposure_list_bureau_year_serial")
        ),
    )
    order = ["compiled_at", "list_id"]
    op.create_index("ix_exposure_list_newest", "exposure_list", order)
    op.create_index("ix_exposure_list_state", "exposure_list", ["state", *order])
    op.create_index(
        "ix_exposure_list_bureau", "exposure_list", [sa.text("substr(bureau, 1, 6)"), *order]
    )
    op.create_table(
        "exposure_entry",
        sa.Column(
            "entry_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=True,
            nullable=False,
        ),
        *_texts("list_id", "subject_id", "bureau", "course", "cite", "escalation_id"),
        *_texts("ruleset_id", "grade", "receipt_id", "statement"),
        _choice("state"),
        *_texts("notice_id"),
        _moment("ended_at"),
        *_texts("ended_by", "ended_why", "ended_reasons"),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_exposure_entry")),
    )
    op.create_index("ix_exposure_entry_list", "exposure_entry", ["list_id", "entry_id"])
    op.create_index("ix_exposure_entry_state", "exposure_entry", ["state", "entry_id"])
    op.create_index(
        "ix_exposure_entry_standing",
        "exposure_entry",
        ["subject_id"],
        unique=True,
        sqlite_where=_STANDING,
        postgresql_where=_STANDING,
    )


def downgrade() -> None:
    op.drop_table("exposure_entry")
    op.drop_table("exposure_list")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _choice(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=32), nullable=False)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)

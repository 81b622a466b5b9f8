"""Circulars to other authorities, and the authorities that bureaus tell."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _authorities()
    op.create_table(
        "circular",
        *_texts("circular_id", "bureau", "list_id", "list_number"),
        sa.Column("state", sa.String(length=32), nullable=False),
        *_texts("cite", "drafted_by"),
        _moment("drafted_at", nullable=False),
        *_texts("issued_by"),
        _moment("issued_at"),
        *_texts("number"),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("serial", sa.Integer(), nullable=True),
        *_texts("title", "body", "template", "check_code", "discarded_by"),
        _moment("discarded_at"),
        *_texts("discard_reasons"),
        sa.PrimaryKeyConstraint("circular_id", name=op.f("pk_circular")),
        sa.UniqueConstraint(
            "bureau", "year", "serial", name=op.f("uq_circular_bureau_year_serial")
        ),
    )
    order = ["drafted_at", "circular_id"]
    op.create_index("ix_circular_newest", "circular", order)
    op.create_index("ix_circular_state", "circular", ["state", *order])
    op.create_index("ix_circular_list", "circular", ["list_id", *order])
    op.create_index("ix_circular_number", "circular", ["number"])
    op.create_index("ix_circular_bureau", "circular", [sa.text("substr(bureau, 1, 6)"), *order])
    _entries()
    _receivers()


def _authorities() -> None:
    op.create_table(
        "authority",
        *_texts("authority_id", "bureau", "name", "address", "contact", "email"),
        sa.Column("uses", JsonColumn, nullable=False),
        *_texts("feed_account"),
        sa.Column("retired", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        *_texts("changed_by"),
        _moment("changed_at", nullable=False),
        sa.PrimaryKeyConstraint("authority_id", name=op.f("pk_authority")),
        sa.UniqueConstraint("bureau", "name", name=op.f("uq_authority_bureau_name")),
    )
    of_bureau = sa.text("substr(bureau, 1, 6)")
    op.create_index("ix_authority_bureau", "authority", [of_bureau, "name", "authority_id"])
    op.create_index("ix_authority_feed", "authority", ["feed_account"])


def _entries() -> None:
    op.create_table(
        "circular_entry",
        sa.Column("told_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *_texts("circular_id"),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        *_texts("subject_id", "subject_name", "statement"),
        sa.PrimaryKeyConstraint("told_id", name=op.f("pk_circular_entry")),
        sa.UniqueConstraint(
            "circular_id", "entry_id", name=op.f("uq_circular_entry_circular_id_entry_id")
        ),
    )
    op.create_index("ix_circular_entry_of", "circular_entry", ["entry_id"])


def _receivers() -> None:
    op.create_table(
        "circular_receiver",
        *_texts("circular_id", "authority_id"),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("authority_version", sa.BigInteger(), nullable=False),
        *_texts("name", "address", "contact", "email"),
        sa.Column("uses", JsonColumn, nullable=False),
        *_texts("notice_id"),
        sa.Column("sent_on", sa.Date(), nullable=True),
        *_texts("means", "remark", "recorded_by"),
        _moment("recorded_at"),
        sa.PrimaryKeyConstraint("circular_id", "authority_id", name=op.f("pk_circular_receiver")),
    )
    op.create_index(
        op.f("ix_circular_receiver_authority_id"), "circular_receiver", ["authority_id"]
    )


def downgrade() -> None:
    for table in ("circular_receiver", "circular_entry", "circular", "authority"):
        op.drop_table(table)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)

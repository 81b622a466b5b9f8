"""Applications for verification, with their steps."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None

_UNENDED = sa.text("due_on IS NOT NULL")
_DISTRICT = sa.text("substr(bureau, 1, 6)")


def upgrade() -> None:
    op.create_table(
        "verification_order",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("instrument_id", sa.String(), nullable=False),
        sa.Column("type_code", sa.String(), nullable=False),
        sa.Column("serial_no", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("institution", sa.String(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("applied_on", sa.Date(), nullable=False),
        sa.Column("applied_by", sa.String(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("appointed_on", sa.Date(), nullable=True),
        sa.Column("verification_id", sa.String(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["instrument_id"], ["instrument.instrument_id"]),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.subject_id"]),
        sa.PrimaryKeyConstraint("order_id"),
    )
    op.create_table(
        "verification_order_step",
        sa.Column("order_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("ground", sa.String(), nullable=False),
        sa.Column("appointed_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["verification_order.order_id"]),
        sa.PrimaryKeyConstraint("order_id", "number"),
    )
    _index("uq_order_unended", "instrument_id", unended=True, unique=True)
    _index("ix_order_instrument", "instrument_id", "order_id")
    _index("ix_order_subject", "subject_id", "applied_on", "order_id")
    _index("ix_order_institution", "institution", "applied_on", "order_id")
    _index("ix_order_newest", "applied_on", "order_id")
    _index("ix_order_bureau", _DISTRICT, "applied_on", "order_id")
    _index("ix_order_institution_due", "institution", "due_on", "order_id", unended=True)
    _index("ix_order_subject_due", "subject_id", "due_on", "order_id", unended=True)
    _index("ix_order_due", "due_on", "order_id", unended=True)
    _index("ix_order_bureau_due", _DISTRICT, "due_on", "order_id", unended=True)


def _index(
    name: str, *columns: str | sa.TextClause, unended: bool = False, unique: bool = False
) -> None:
    where = _UNENDED if unended else None
    op.create_index(
        name,
        "verification_order",
        [*columns],
        unique=unique,
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_table("verification_order_step")
    op.drop_table("verification_order")

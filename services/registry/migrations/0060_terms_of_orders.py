"""Bureaus state the terms of orders, and each order keeps the one that it was given."""

import sqlalchemy as sa
from alembic import op

revision = "0060"
down_revision = "0059"
branch_labels = None
depends_on = None

_DISTRICT = sa.text("substr(bureau, 1, 6)")


def upgrade() -> None:
    op.create_table(
        "order_terms",
        sa.Column("terms_id", sa.String(), nullable=False),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("acceptance_days", sa.Integer(), nullable=False),
        sa.Column("completion_days", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("released_by", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("terms_id", name=op.f("pk_order_terms")),
    )
    op.create_index("ix_order_terms_of_bureau", "order_terms", ["bureau", "valid_from"])
    op.create_index("ix_order_terms_newest", "order_terms", ["valid_from", "terms_id"])
    op.create_index("ix_order_terms_bureau", "order_terms", [_DISTRICT, "valid_from", "terms_id"])
    days: sa.Column[int] = sa.Column("term_days", sa.Integer(), nullable=False, server_default="0")
    terms: sa.Column[str] = sa.Column("terms_id", sa.String(), nullable=False, server_default="")
    op.add_column("verification_order", days)
    op.add_column("verification_order", terms)


def downgrade() -> None:
    op.drop_column("verification_order", "terms_id")
    op.drop_column("verification_order", "term_days")
    op.drop_table("order_terms")

"""Reconsiderations: a case can follow another, and reconsiderations have numbers of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

FOLLOWED = "follows != ''"


def upgrade() -> None:
    op.add_column(
        "objection_case", sa.Column("follows", sa.String(), server_default="", nullable=False)
    )
    op.create_index(
        "ix_objection_case_follows",
        "objection_case",
        ["follows"],
        sqlite_where=sa.text(FOLLOWED),
        postgresql_where=sa.text(FOLLOWED),
    )
    op.create_table(
        "reconsideration_number",
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bureau", "year", name=op.f("pk_reconsideration_number")),
    )


def downgrade() -> None:
    op.drop_table("reconsideration_number")
    op.drop_index("ix_objection_case_follows", "objection_case")
    op.drop_column("objection_case", "follows")

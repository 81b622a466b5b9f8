"""The figures that bureaus set for their follow-ups, and those by which a wait began."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ladder",
        *_texts("ladder_id", "bureau"),
        sa.Column("figures", JsonColumn, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        *_texts("ground"),
        sa.Column("state", sa.String(length=32), nullable=False),
        *_texts("proposed_by"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        *_texts("decided_by"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *_texts("reasons"),
        sa.PrimaryKeyConstraint("ladder_id", name=op.f("pk_ladder")),
    )
    order = ["proposed_at", "ladder_id"]
    op.create_index("ix_ladder_newest", "ladder", order)
    op.create_index("ix_ladder_of_bureau", "ladder", ["bureau", "state", "valid_from"])
    op.create_index("ix_ladder_bureau", "ladder", [sa.text("substr(bureau, 1, 6)"), *order])
    op.add_column("escalation", sa.Column("own_days", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_column("escalation", "own_days")
    op.drop_table("ladder")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]

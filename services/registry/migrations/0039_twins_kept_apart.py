"""Namesakes of two bureaus that a person has said are not the same."""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "twins_apart",
        *(
            sa.Column(name, sa.String(), nullable=False)
            for name in ("subject_id", "other_id", "facts", "ground")
        ),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [name], ["subject.subject_id"], name=op.f(f"fk_twins_apart_{name}")
            )
            for name in ("subject_id", "other_id")
        ),
        sa.PrimaryKeyConstraint("subject_id", "other_id", name=op.f("pk_twins_apart")),
    )


def downgrade() -> None:
    op.drop_table("twins_apart")

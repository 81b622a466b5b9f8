"""Letters have numbers and check codes, so that anybody who holds one can check it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_number",
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("bureau", "title", "year", name=op.f("pk_letter_number")),
    )
    for name in ("number", "check_code"):
        op.add_column(
            "case_letter", sa.Column(name, sa.String(), server_default="", nullable=False)
        )
    op.create_index("ix_case_letter_number", "case_letter", ["number"])


def downgrade() -> None:
    op.drop_index("ix_case_letter_number", "case_letter")
    with op.batch_alter_table("case_letter") as letters:
        letters.drop_column("check_code")
        letters.drop_column("number")
    op.drop_table("letter_number")

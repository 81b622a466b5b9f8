"""Which records were released to the public, and the grade that follows from these alone."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean(), nullable=False)


def upgrade() -> None:
    # What was on file before has been in public grades already.
    op.add_column(
        "record", sa.Column("released", sa.Boolean(), nullable=False, server_default=sa.true())
    )
    op.add_column("record", sa.Column("public_from", sa.Date(), nullable=True))
    op.add_column(
        "record", sa.Column("publication", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_table(
        "public_grade",
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        text("grade_id"),
        sa.Column("grade", sa.String(), nullable=True),
        sa.Column("score", sa.Integer(), nullable=True),
        *map(text, ("ruleset_id", "ruleset_hash")),
        sa.Column("in_force_from", sa.Date(), nullable=False),
        sa.Column("known_from", sa.DateTime(timezone=True), nullable=False),
        *map(flag, ("contested", "no_record", "example_values")),
        *map(text, ("not_graded_zh", "not_graded_en", "digest")),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_public_grade")),
    )


def downgrade() -> None:
    op.drop_table("public_grade")
    with op.batch_alter_table("record", schema=None) as batch_op:
        for name in ("publication", "public_from", "released"):
            batch_op.drop_column(name)

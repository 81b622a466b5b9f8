"""Cases that came in, of which a bureau is told each morning."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "arrival",
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("bureau", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("subject_id", sa.String(), nullable=False),
        sa.Column("decide_by", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("notice_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_arrival")),
    )
    untold = sa.text("notice_id = ''")
    op.create_index(
        "ix_arrival_untold",
        "arrival",
        ["bureau", "at"],
        sqlite_where=untold,
        postgresql_where=untold,
    )


def downgrade() -> None:
    op.drop_table("arrival")

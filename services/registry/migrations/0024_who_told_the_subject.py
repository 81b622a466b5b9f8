"""Who told the subject of an adverse record; the window before its publication runs from then."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "telling",
        text("record_id"),
        text("content"),
        sa.Column("told_on", sa.Date(), nullable=True),
        sa.Column("manner", sa.String(32), nullable=True),
        *map(text, ("notice_id", "noted_by", "remark")),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.record_id"], name=op.f("fk_telling_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_telling")),
    )
    op.add_column(
        "publication",
        sa.Column("awaits_telling", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    with op.batch_alter_table("publication", schema=None) as batch_op:
        batch_op.drop_column("awaits_telling")
    op.drop_table("telling")

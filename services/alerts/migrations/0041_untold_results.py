"""Results and certificates yet to be told, and whom a notice outside addresses."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "untold_result",
        sa.Column("verification_id", sa.String(), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("certificate", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("verification_id", name=op.f("pk_untold_result")),
    )
    recipient = sa.Column("recipient", sa.String(), server_default="", nullable=False)
    op.add_column("notice", recipient)


def downgrade() -> None:
    op.drop_column("notice", "recipient")
    op.drop_table("untold_result")

"""Red alerts of first loads are released: by what they are chosen, who loaded and who released."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TEXTS = (
    ("subject", "sector"),
    ("subject", "address"),
    ("instrument", "quiet_by"),
    ("alert", "released_by"),
)


def upgrade() -> None:
    for table, name in _TEXTS:
        op.add_column(table, sa.Column(name, sa.String(), nullable=False, server_default=""))
    op.add_column("alert", sa.Column("released_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "CREATE INDEX ix_alert_untold_red ON alert (alert_id) WHERE baseline AND colour = 'red'"
    )


def downgrade() -> None:
    op.drop_index("ix_alert_untold_red", "alert")
    op.drop_column("alert", "released_at")
    for table, name in _TEXTS:
        op.drop_column(table, name)

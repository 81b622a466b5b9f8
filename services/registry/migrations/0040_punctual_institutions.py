"""When institutions reported and were told of what is due, and which steps were late."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None

REPORTED = "report_by IS NOT NULL"
LATE = "late"
DAYS = ("reported_on", "report_by", "certificate_on")


def upgrade() -> None:
    for name in DAYS:
        op.add_column("verification", sa.Column(name, sa.Date(), nullable=True))
    _index("ix_verification_reported", "verification", ["report_by", "verification_id"], REPORTED)
    of_one = ["institution", "report_by", "verification_id"]
    _index("ix_verification_reported_of", "verification", of_one, REPORTED)
    late: sa.Column[bool] = sa.Column(
        "late", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("verification_order_step", late)
    _index("ix_order_step_late", "verification_order_step", ["at", "order_id"], LATE)
    op.add_column("institution", sa.Column("told_on", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("institution", "told_on")
    op.drop_index("ix_order_step_late")
    op.drop_column("verification_order_step", "late")
    op.drop_index("ix_verification_reported_of")
    op.drop_index("ix_verification_reported")
    for name in DAYS:
        op.drop_column("verification", name)


def _index(name: str, table: str, columns: list[str], where: str) -> None:
    rows = sa.text(where)
    op.create_index(name, table, columns, sqlite_where=rows, postgresql_where=rows)

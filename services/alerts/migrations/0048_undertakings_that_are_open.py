"""The undertakings whose outcome nobody has recorded are found by their last day."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_NAME = "ix_escalation_step_undertaking"
_OPEN = sa.text("undertaking_by IS NOT NULL AND undertaking_outcome = ''")


def upgrade() -> None:
    op.create_index(
        _NAME,
        "escalation_step",
        ["undertaking_by", "escalation_id"],
        sqlite_where=_OPEN,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_index(_NAME, "escalation_step")

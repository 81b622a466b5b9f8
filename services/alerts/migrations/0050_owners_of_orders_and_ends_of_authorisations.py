"""No order keeps its owner, who is that of its instrument.

It keeps which last day of its institution's authorisation was told.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

UNENDED: dict[str, Any] = {
    f"{dialect}_where": sa.text("due_on IS NOT NULL") for dialect in ("sqlite", "postgresql")
}
UNTOLD: dict[str, Any] = {
    f"{dialect}_where": sa.text("untold") for dialect in ("sqlite", "postgresql")
}


def upgrade() -> None:
    op.add_column("awaited_order", sa.Column("told_until", sa.Date(), nullable=True))
    op.drop_index("ix_awaited_order_of", "awaited_order")
    _index_untold("order_id", default="")


def downgrade() -> None:
    _index_untold("subject_id", default=None)
    op.create_index("ix_awaited_order_of", "awaited_order", ["subject_id"], **UNENDED)
    op.drop_column("awaited_order", "told_until")


def _index_untold(column: str, *, default: str | None) -> None:
    op.drop_index("ix_brought_instrument_untold", "brought_instrument")
    with op.batch_alter_table("brought_instrument") as batch:
        batch.alter_column("subject_id", existing_type=sa.String(), server_default=default)
    op.create_index("ix_brought_instrument_untold", "brought_instrument", [column], **UNTOLD)

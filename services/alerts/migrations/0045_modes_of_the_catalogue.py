"""By which modes of verification the colours of a bureau's instruments were derived."""

import sqlalchemy as sa
from alembic import op

from plumbing.database import JsonColumn

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None
# Every release before this one had these, so they hold for what it stored.
_ONCE = ("WATER-S25", "WATER-S50", "GAS-DIA", "GAS-US", "ELEC-E", "ELEC-M")
_APPROVED = ("LOADCELL", "WINDIC", "TS", "EDM")
_MODES = {
    **dict.fromkeys(_ONCE, "first_then_rotate"),
    **dict.fromkeys(_APPROVED, "type_approval_only"),
    "THERM-G": "first_then_scrap",
}


def upgrade() -> None:
    modes = sa.Column("modes", JsonColumn, server_default=sa.text("'{}'"), nullable=False)
    op.add_column("watch", modes)
    op.execute(sa.update(sa.table("watch", sa.column("modes", JsonColumn))).values(modes=_MODES))


def downgrade() -> None:
    op.drop_column("watch", "modes")

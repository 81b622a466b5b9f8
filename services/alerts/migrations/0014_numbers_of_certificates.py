"""The number and the institution of each verification, by which rejections are told apart."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ADDED = ("certificate_no", "institution")


def upgrade() -> None:
    for name in _ADDED:
        column = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("verification", column)


def downgrade() -> None:
    for name in reversed(_ADDED):
        op.drop_column("verification", name)

"""The moments of steps of orders have a time zone on PostgreSQL, as all others have.

PostgreSQL wrote them in the zone of its sessions, which is UTC unless its operator set another one,
and reads them in it here.
"""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _become("TIMESTAMP WITH TIME ZONE")


def downgrade() -> None:
    _become("TIMESTAMP WITHOUT TIME ZONE")


def _become(type_: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        column = f'ALTER COLUMN "at" TYPE {type_}'
        op.execute(sa.text(f"ALTER TABLE verification_order_step {column}"))

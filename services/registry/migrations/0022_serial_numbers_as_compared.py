"""Serial numbers as they are compared, so that each writing of a number finds its instrument."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from law.identity import serial_key

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

ROWS = 5000
INSTRUMENT = sa.table(
    "instrument",
    sa.column("instrument_id", sa.String),
    sa.column("serial_no", sa.String),
    sa.column("serial_key", sa.String),
)


def upgrade() -> None:
    key = sa.Column("serial_key", sa.String(), nullable=False, server_default="")
    op.add_column("instrument", key)
    connection = op.get_bind()
    last = ""
    while rows := [tuple(row) for row in connection.execute(_after(last))]:
        connection.execute(
            sa.update(INSTRUMENT)
            .where(INSTRUMENT.c.instrument_id == sa.bindparam("own"))
            .values(serial_key=sa.bindparam("key")),
            [{"own": own, "key": serial_key(number)} for own, number in rows],
        )
        last = rows[-1][0]
    op.create_index("ix_instrument_serial_key", "instrument", ["type_code", "serial_key"])
    op.drop_index("ix_instrument_serial", "instrument")


def _after(last: str) -> sa.Select[Any]:
    identity = INSTRUMENT.c.instrument_id
    rows = sa.select(identity, INSTRUMENT.c.serial_no).where(identity > last)
    return rows.order_by(identity).limit(ROWS)


def downgrade() -> None:
    op.create_index("ix_instrument_serial", "instrument", ["type_code", "serial_no"])
    op.drop_index("ix_instrument_serial_key", "instrument")
    op.drop_column("instrument", "serial_key")

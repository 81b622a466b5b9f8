"""Makers' GS1 codes of instruments, and the company prefixes of bureaus."""

import sqlalchemy as sa
from alembic import op

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

PRESENT = "maker_code <> '' AND NOT removed"
FORMER = "maker_code <> '' AND removed"


def upgrade() -> None:
    op.add_column("instrument", _empty("maker_code"))
    op.add_column("bureau", _empty("gs1_prefix"))
    _index("uq_instrument_maker_code", PRESENT, unique=True)
    _index("ix_instrument_former_maker_code", FORMER, unique=False)


def downgrade() -> None:
    op.drop_index("ix_instrument_former_maker_code")
    op.drop_index("uq_instrument_maker_code")
    op.drop_column("bureau", "gs1_prefix")
    op.drop_column("instrument", "maker_code")


def _empty(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(), nullable=False, server_default="")


def _index(name: str, where: str, *, unique: bool) -> None:
    rows = sa.text(where)
    op.create_index(
        *(name, "instrument", ["maker_code"]),
        unique=unique,
        sqlite_where=rows,
        postgresql_where=rows,
    )

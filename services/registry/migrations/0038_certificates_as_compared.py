"""Numbers of certificates as they are compared, so that each writing finds its verification."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from law.identity import document_key

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

ROWS = 5000
UNIQUE = "uq_verification_certificate"
NUMBERED = "certificate_no <> ''"
VERIFICATION = sa.table(
    "verification",
    sa.column("verification_id", sa.String),
    sa.column("certificate_no", sa.String),
    sa.column("certificate_key", sa.String),
)


def upgrade() -> None:
    key = sa.Column("certificate_key", sa.String(), nullable=False, server_default="")
    op.add_column("verification", key)
    connection = op.get_bind()
    last = ""
    while rows := [tuple(row) for row in connection.execute(_after(last))]:
        connection.execute(
            sa.update(VERIFICATION)
            .where(VERIFICATION.c.verification_id == sa.bindparam("own"))
            .values(certificate_key=sa.bindparam("key")),
            [{"own": own, "key": document_key(number)} for own, number in rows],
        )
        last = rows[-1][0]
    op.create_index("ix_verification_certificate_key", "verification", ["certificate_key"])
    op.drop_index("ix_verification_certificate_no", "verification")
    _unique(f"{NUMBERED} AND certificate_key <> ''")


def _after(last: str) -> sa.Select[Any]:
    identity, number = VERIFICATION.c.verification_id, VERIFICATION.c.certificate_no
    rows = sa.select(identity, number).where(identity > last, number != "")
    return rows.order_by(identity).limit(ROWS)


def _unique(numbered: str) -> None:
    op.drop_index(UNIQUE, "verification")
    op.execute(
        f"CREATE UNIQUE INDEX {UNIQUE} ON verification (institution, certificate_no, part)"
        f" WHERE {numbered} AND NOT removed"
    )


def downgrade() -> None:
    # A word for no number, such as 无, does not fit into the former table twice.
    op.execute("UPDATE verification SET certificate_no = '' WHERE certificate_key = ''")
    _unique(NUMBERED)
    op.create_index("ix_verification_certificate_no", "verification", ["certificate_no"])
    op.drop_index("ix_verification_certificate_key", "verification")
    op.drop_column("verification", "certificate_key")

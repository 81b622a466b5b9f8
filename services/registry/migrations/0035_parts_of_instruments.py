"""Parts of instruments with results of their own: nozzles, channels, phases."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
CERTIFICATE = "uq_verification_certificate"
CERTIFIED = "certificate_no <> '' AND NOT removed"


def upgrade() -> None:
    op.add_column("instrument", sa.Column("parts", JSON, nullable=True))
    part: sa.Column[str] = sa.Column("part", sa.String(), nullable=False, server_default="")
    op.add_column("verification", part)
    _unique("institution, certificate_no, part")


def _unique(columns: str) -> None:
    op.drop_index(CERTIFICATE, "verification")
    op.execute(f"CREATE UNIQUE INDEX {CERTIFICATE} ON verification ({columns}) WHERE {CERTIFIED}")


def downgrade() -> None:
    # Results of parts under one certificate do not fit into the former table.
    op.execute("UPDATE verification SET certificate_no = '' WHERE part <> ''")
    _unique("institution, certificate_no")
    op.drop_column("verification", "part")
    op.drop_column("instrument", "parts")

"""Certificates of calibration, calibrations with their cycles, and photographs of instruments."""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

_DISTRICT = sa.text("substr(bureau, 1, 6)")
_CONFIRMED = "withdrawn_ground = ''"
_DUE = "due_on IS NOT NULL"


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.String(), nullable=False) for name in names]


def upgrade() -> None:
    op.create_table(
        "dcc",
        *_text("dcc_id"),
        sa.Column("state", sa.String(32), nullable=False),
        *_text("file_name", "sha256"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *_text("institution", "bureau", "uploaded_by"),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reading", sa.JSON(), nullable=False),
        *_text("ground"),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("dcc_id", name=op.f("pk_dcc")),
    )
    op.create_index("uq_dcc_sent_once", "dcc", ["sha256", "institution", "bureau"], unique=True)
    op.create_index("ix_dcc_newest", "dcc", ["uploaded_at", "dcc_id"])
    op.create_index("ix_dcc_institution", "dcc", ["institution", "uploaded_at", "dcc_id"])
    op.create_index("ix_dcc_bureau", "dcc", [_DISTRICT, "uploaded_at", "dcc_id"])
    _calibrations()
    _photographs()
    # By which an item of a certificate is matched, whatever its type.
    op.create_index("ix_instrument_serial", "instrument", ["serial_key"])


def _calibrations() -> None:
    op.create_table(
        "calibration",
        *_text("calibration_id", "instrument_id", "dcc_id"),
        sa.Column("item", sa.Integer(), nullable=False),
        *_text("certificate_no", "certificate_key", "laboratory"),
        sa.Column("calibrated_on", sa.Date(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        *_text("conformity"),
        sa.Column("conditions", sa.JSON(), nullable=False),
        *_text("signature", "confirmed_by"),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=False),
        *_text("ground", "withdrawn_ground"),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        _key("calibration", "instrument_id", "instrument"),
        _key("calibration", "dcc_id", "dcc"),
        sa.PrimaryKeyConstraint("calibration_id", name=op.f("pk_calibration")),
    )
    _partial("uq_calibration_item", ["dcc_id", "item"], _CONFIRMED, unique=True)
    of_instrument = ["instrument_id", "calibrated_on", "calibration_id"]
    op.create_index("ix_calibration_instrument", "calibration", of_instrument)
    op.create_index("ix_calibration_newest", "calibration", ["calibrated_on", "calibration_id"])
    op.create_index("ix_calibration_certificate_key", "calibration", ["certificate_key"])
    _partial("ix_calibration_due", ["due_on", "calibration_id"], _DUE, unique=False)
    op.create_table(
        "calibration_cycle",
        *_text("instrument_id"),
        sa.Column("months", sa.Integer(), nullable=False),
        *_text("set_by"),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        _key("calibration_cycle", "instrument_id", "instrument"),
        sa.PrimaryKeyConstraint("instrument_id", name=op.f("pk_calibration_cycle")),
    )


def _photographs() -> None:
    op.create_table(
        "photograph",
        *_text("photograph_id", "instrument_id", "shows", "sha256"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        *_text("kind", "file_name", "uploaded_by"),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        *_text("preview_sha256"),
        sa.Column("preview_size", sa.Integer(), nullable=False),
        _key("photograph", "instrument_id", "instrument"),
        sa.PrimaryKeyConstraint("photograph_id", name=op.f("pk_photograph")),
    )
    op.create_index("uq_photograph_file", "photograph", ["instrument_id", "sha256"], unique=True)
    op.create_index("ix_photograph_sha256", "photograph", ["sha256"])
    op.create_index("ix_photograph_preview", "photograph", ["preview_sha256"])


def _key(table: str, column: str, of: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{of}.{column}"], name=op.f(f"fk_{table}_{column}"))


def _partial(name: str, columns: list[str], where: str, *, unique: bool) -> None:
    rows = sa.text(where)
    op.create_index(
        name, "calibration", columns, unique=unique, sqlite_where=rows, postgresql_where=rows
    )


def downgrade() -> None:
    op.drop_index("ix_instrument_serial", "instrument")
    for table in ("photograph", "calibration_cycle", "calibration", "dcc"):
        op.drop_table(table)

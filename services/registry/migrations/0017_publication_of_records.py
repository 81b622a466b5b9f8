"""What was decided about the publication of records.

What was public before stays public with its facts; its text waits for a review (ADR 0020).
"""

import hashlib
import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

ROWS_AT_ONCE = 1000
REVIEWED = ("kind", "severity", "occurred_on", "determined_on", "source_ref", "summary")
RECORD = sa.table(
    "record",
    sa.column("record_id", sa.String),
    *(sa.column(name, sa.Date if name.endswith("_on") else sa.String) for name in REVIEWED),
)
PUBLICATION = sa.table(
    "publication",
    *(
        sa.column(name, sa.String)
        for name in ("record_id", "state", "classification", "content", "summary")
    ),
    sa.column("personal_data", sa.Boolean),
    *(sa.column(name, sa.String) for name in ("reasons", "reviewed_by")),
)


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "publication",
        text("record_id"),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("classification", sa.String(32), nullable=False),
        sa.Column("personal_data", sa.Boolean(), nullable=False),
        *map(text, ("content", "summary", "reasons", "reviewed_by")),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["record_id"], ["record.record_id"], name=op.f("fk_publication_record_id")
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_publication")),
    )
    op.create_index("ix_publication_state", "publication", ["state", "record_id"])
    _keep_what_was_public()


def _keep_what_was_public() -> None:
    connection = op.get_bind()
    after = ""
    while rows := connection.execute(
        sa.select(RECORD)
        .where(RECORD.c.record_id > after)
        .order_by(RECORD.c.record_id)
        .limit(ROWS_AT_ONCE)
    ).all():
        connection.execute(sa.insert(PUBLICATION), [_earlier(row) for row in rows])
        after = rows[-1].record_id


def _earlier(row: Any) -> dict[str, Any]:
    values = [str(getattr(row, name) or "") for name in REVIEWED]
    return {
        "record_id": row.record_id,
        "state": "earlier",
        "classification": "open",
        "personal_data": False,
        "content": hashlib.sha256(json.dumps(values).encode()).hexdigest(),
        "summary": "",
        "reasons": "",
        "reviewed_by": "",
    }


def downgrade() -> None:
    op.drop_table("publication")

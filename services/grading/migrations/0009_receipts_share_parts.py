"""Receipts that share parts. Rows of before are moved by the service, in portions, with audit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

WHOLE = sa.text("content IS NULL")
LIST, NAME_BYTES, PORTION = b"l", 32, 500


def upgrade() -> None:
    op.add_column("receipt", sa.Column("content", sa.LargeBinary(), nullable=True))
    op.create_index(
        "ix_receipt_whole",
        "receipt",
        ["receipt_id"],
        sqlite_where=WHOLE,
        postgresql_where=WHOLE,
    )
    op.create_table(
        "receipt_part",
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_receipt_part")),
    )


def downgrade() -> None:
    connection = op.get_bind()
    while rows := _shared(connection):
        for key, content in rows:
            _store_whole(connection, key, _joined(connection, bytes(content)))
    op.drop_table("receipt_part")
    op.drop_index("ix_receipt_whole", "receipt")
    with op.batch_alter_table("receipt", schema=None) as batch_op:
        batch_op.drop_column("content")


def _shared(connection: sa.Connection) -> Sequence[Any]:
    query = "SELECT receipt_id, content FROM receipt WHERE content IS NOT NULL LIMIT :limit"
    return connection.execute(sa.text(query), {"limit": PORTION}).all()


def _joined(connection: sa.Connection, content: bytes) -> str:
    if not content.startswith(LIST):
        return content[1:].decode()
    names = [content[at : at + NAME_BYTES] for at in range(1, len(content), NAME_BYTES)]
    return "".join(_joined(connection, _part(connection, name)) for name in names)


def _part(connection: sa.Connection, name: bytes) -> bytes:
    query = sa.text("SELECT content FROM receipt_part WHERE name = :name")
    return bytes(connection.execute(query, {"name": name}).scalar_one())


def _store_whole(connection: sa.Connection, key: str, text: str) -> None:
    receipts = sa.table(
        "receipt", sa.column("receipt_id"), sa.column("document", sa.JSON()), sa.column("content")
    )
    values = {"document": json.loads(text), "content": None}
    connection.execute(sa.update(receipts).where(receipts.c.receipt_id == key).values(values))

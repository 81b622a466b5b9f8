"""Batches sent in bulk, and batches that wait for approval."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
RECEIVING = sa.text("state = 'receiving'")


def of_batches() -> list[sa.Column[Any]]:
    return [
        sa.Column("asked", sa.LargeBinary(), nullable=True),
        sa.Column("sent_as", JSON, nullable=True),
        sa.Column("next_sequence", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("bytes_held", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("estimate", JSON, nullable=True),
        sa.Column("decided_by", sa.String(), nullable=False, server_default=""),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reasons", sa.String(), nullable=False, server_default=""),
    ]


def of_faults() -> list[sa.Column[Any]]:
    return [
        sa.Column("chunk", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("item", sa.Integer(), nullable=False, server_default="0"),
    ]


def upgrade() -> None:
    op.create_table(
        "import_piece",
        sa.Column("batch_id", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["import_batch.batch_id"], name=op.f("fk_import_piece_batch_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "sequence", name=op.f("pk_import_piece")),
    )
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        for column in of_batches():
            batch_op.add_column(column)
        batch_op.create_index(
            "ix_import_batch_open",
            ["last_at"],
            unique=False,
            sqlite_where=RECEIVING,
            postgresql_where=RECEIVING,
        )
    with op.batch_alter_table("import_fault", schema=None) as batch_op:
        for column in of_faults():
            batch_op.add_column(column)


def downgrade() -> None:
    with op.batch_alter_table("import_fault", schema=None) as batch_op:
        for column in reversed(of_faults()):
            batch_op.drop_column(column.name)
    with op.batch_alter_table("import_batch", schema=None) as batch_op:
        batch_op.drop_index("ix_import_batch_open")
        for column in reversed(of_batches()):
            batch_op.drop_column(column.name)
    op.drop_table("import_piece")

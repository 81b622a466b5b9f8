"""Names as they are compared, former names, what is perhaps the same and what was joined."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from law.identity import folded

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
ROWS = 5000
SUBJECT = sa.table(
    "subject",
    sa.column("subject_id", sa.String),
    sa.column("name", sa.String),
    sa.column("name_key", sa.String),
)
RENAMED = "former_keys <> '' AND NOT removed"
INDEXES = (
    "ix_subject_name_key ON subject (name_key, subject_id)",
    f"ix_subject_renamed ON subject (subject_id) WHERE {RENAMED}",
    "ix_likeness_oldest ON likeness (opened_at, likeness_id)",
    "ix_likeness_state ON likeness (state, opened_at, likeness_id)",
    "ix_likeness_subject ON likeness (subject_id, opened_at, likeness_id)",
    "ix_likeness_bureau ON likeness (substr(bureau, 1, 6), opened_at, likeness_id)",
    "ix_likeness_bureau_state ON likeness (substr(bureau, 1, 6), state, opened_at, likeness_id)",
    "ix_alias_present ON alias (kind, present_id)",
)


def text(name: str, *, added: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False, server_default="" if added else None)


def moment(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    for name in ("name_key", "former_keys", "code_ground"):
        op.add_column("subject", text(name, added=True))
    op.add_column("subject", sa.Column("former_names", JSON, nullable=True))
    set_aside: sa.Column[bool] = sa.Column(
        "set_aside", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("verification", set_aside)
    reviewed = sa.Column("to_review", sa.Integer(), nullable=False, server_default="0")
    op.add_column("import_batch", reviewed)
    _fold_names()
    _create_tables()
    for index in INDEXES:
        op.execute(f"CREATE INDEX {index}")


def _fold_names() -> None:
    connection = op.get_bind()
    last = ""
    while rows := [tuple(row) for row in connection.execute(_after(last))]:
        connection.execute(
            sa.update(SUBJECT)
            .where(SUBJECT.c.subject_id == sa.bindparam("own"))
            .values(name_key=sa.bindparam("key")),
            [{"own": own, "key": folded(name)} for own, name in rows],
        )
        last = rows[-1][0]


def _after(last: str) -> sa.Select[Any]:
    rows = sa.select(SUBJECT.c.subject_id, SUBJECT.c.name).where(SUBJECT.c.subject_id > last)
    return rows.order_by(SUBJECT.c.subject_id).limit(ROWS)


def _create_tables() -> None:
    op.create_table(
        "likeness",
        text("likeness_id"),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("place", JSON, nullable=False),
        *map(text, ("bureau", "subject_id", "label", "type_code", "record_kind")),
        sa.Column("day", sa.Date(), nullable=True),
        text("state"),
        sa.Column("apart", JSON, nullable=False),
        moment("opened_at"),
        text("decided_by"),
        moment("decided_at", nullable=True),
        text("ground"),
        sa.PrimaryKeyConstraint("likeness_id", name=op.f("pk_likeness")),
    )
    op.create_table(
        "likeness_of_batch",
        *map(text, ("batch_id", "likeness_id")),
        sa.ForeignKeyConstraint(
            ["batch_id"],
            ["import_batch.batch_id"],
            name=op.f("fk_likeness_of_batch_batch_id"),
        ),
        sa.PrimaryKeyConstraint("batch_id", "likeness_id", name=op.f("pk_likeness_of_batch")),
    )
    op.create_table(
        "alias",
        *map(text, ("kind", "former_id", "present_id")),
        moment("since"),
        sa.Column("moved", JSON, nullable=True),
        sa.PrimaryKeyConstraint("kind", "former_id", name=op.f("pk_alias")),
    )


def downgrade() -> None:
    for table in ("alias", "likeness_of_batch", "likeness"):
        op.drop_table(table)
    for index in ("ix_subject_name_key", "ix_subject_renamed"):
        op.drop_index(index)
    for name in ("name_key", "former_keys", "code_ground", "former_names"):
        op.drop_column("subject", name)
    op.drop_column("verification", "set_aside")
    op.drop_column("import_batch", "to_review")

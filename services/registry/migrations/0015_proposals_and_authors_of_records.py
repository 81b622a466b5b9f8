"""Changes that wait for a second person, and everybody who wrote a version of a record."""

from collections import defaultdict
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
WAITING = sa.text("state = 'waiting'")
RECORD = sa.table("record", sa.column("record_id", sa.String), sa.column("authors", JSON))
CORRECTED = sa.text(
    "SELECT substr(object, 8), actor, on_behalf_of FROM audit_entry WHERE action = 'correct_record'"
)
APPROVED = sa.text(
    "SELECT import_thing.thing_id, import_batch.decided_by, '' FROM import_thing"
    " JOIN import_batch ON import_batch.batch_id = import_thing.batch_id"
    " WHERE import_thing.kind = 'record' AND import_batch.decided_by <> ''"
)


def text(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.String(), nullable=False)


def upgrade() -> None:
    op.add_column("record", sa.Column("authors", JSON, nullable=True))
    _fill_authors()
    op.create_table(
        "proposal",
        *map(text, ("proposal_id", "act", "request_type")),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        *map(text, ("object", "subject_id", "bureau", "state", "ground")),
        sa.Column("changes", JSON, nullable=False),
        sa.Column("base_version", sa.Integer(), nullable=False),
        text("proposed_by"),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        text("decided_by"),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        text("reasons"),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_proposal")),
    )
    op.create_index("ix_proposal_oldest", "proposal", ["proposed_at", "proposal_id"])
    op.create_index(
        "uq_proposal_waiting",
        "proposal",
        ["object"],
        unique=True,
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def _fill_authors() -> None:
    connection = op.get_bind()
    authors: defaultdict[str, set[str]] = defaultdict(set)
    for query in (CORRECTED, APPROVED):
        for record_id, actor, person in connection.execute(query):
            authors[record_id].add(person or actor)
    for record_id, people in authors.items():
        own = sa.update(RECORD).where(RECORD.c.record_id == record_id)
        connection.execute(own.values(authors=sorted(people)))


def downgrade() -> None:
    op.drop_table("proposal")
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.drop_column("authors")

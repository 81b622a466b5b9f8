"""The pinyin initials of subjects' names."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from services.registry.initials import initials

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ROWS = 1000
SUBJECT = sa.table(
    "subject",
    sa.column("subject_id", sa.String),
    sa.column("name", sa.String),
    sa.column("initials", sa.String),
)


def upgrade() -> None:
    op.add_column("subject", sa.Column("initials", sa.String(), nullable=False, server_default=""))
    connection = op.get_bind()
    last = ""
    while rows := [tuple(row) for row in connection.execute(_after(last))]:
        connection.execute(
            sa.update(SUBJECT)
            .where(SUBJECT.c.subject_id == sa.bindparam("own"))
            .values(initials=sa.bindparam("letters")),
            [{"own": own, "letters": initials(name)} for own, name in rows],
        )
        last = rows[-1][0]


def _after(last: str) -> sa.Select[Any]:
    rows = sa.select(SUBJECT.c.subject_id, SUBJECT.c.name).where(SUBJECT.c.subject_id > last)
    return rows.order_by(SUBJECT.c.subject_id).limit(ROWS)


def downgrade() -> None:
    with op.batch_alter_table("subject", schema=None) as batch_op:
        batch_op.drop_column("initials")

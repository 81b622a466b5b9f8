"""The day on which an institution came on file, as the audit has it."""

from datetime import UTC

import sqlalchemy as sa
from alembic import op

from law.periods import local_day

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None
_ENTRY = sa.table("audit_entry", *map(sa.column, ("action", "object")))
_AT = sa.column("at", sa.DateTime(timezone=True))
_INSTITUTION = sa.table("institution", sa.column("institution_id"), sa.column("since", sa.Date()))


def upgrade() -> None:
    op.add_column("institution", sa.Column("since", sa.Date(), nullable=True))
    first = (
        sa.select(_ENTRY.c.object, sa.func.min(_AT))
        .where(_ENTRY.c.action == "put_institution")
        .group_by(_ENTRY.c.object)
    )
    connection = op.get_bind()
    for object_, at in connection.execute(first).all():
        key = object_.removeprefix("institution/")
        of_key = sa.update(_INSTITUTION).where(_INSTITUTION.c.institution_id == key)
        connection.execute(of_key.values(since=local_day(at.replace(tzinfo=at.tzinfo or UTC))))


def downgrade() -> None:
    op.drop_column("institution", "since")

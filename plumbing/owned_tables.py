"""Tables that the service's role cannot change: their owner migrates them, and the service waits.

On PostgreSQL the tables may belong to a role of their own, under which `quanheng migrate` runs once
for each release. The role of the service reads and writes rows only.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory


class NotMigrated(RuntimeError):
    """Raised where the tables are not those of this release and their owner must migrate them."""


def may_change_tables(connection: sa.Connection) -> bool:
    """Returns whether the connected role may make tables; on SQLite everybody may."""
    if connection.dialect.name != "postgresql":
        return True
    schema = sa.func.current_schema()
    may = sa.select(sa.func.has_schema_privilege(sa.func.current_user(), schema, "CREATE"))
    return bool(connection.execute(may).scalar_one())


def require_migrated(connection: sa.Connection, config: Config) -> None:
    """Raises NotMigrated unless the tables are at the newest revision of this release."""
    if pending := pending_revisions(connection, config):
        lacking = " to ".join(dict.fromkeys((pending[0], pending[-1])))
        raise NotMigrated(
            f"The tables lack {lacking}, and this role may not change them: "
            "`quanheng migrate` does it under the role of their owner"
        )


def pending_revisions(connection: sa.Connection, config: Config) -> list[str]:
    """Returns the revisions of this release that the tables lack, the oldest first."""
    present = MigrationContext.configure(connection).get_current_heads()
    scripts = ScriptDirectory.from_config(config)
    lower = present[0] if present else "base"
    return [one.revision for one in scripts.iterate_revisions("head", lower)][::-1]

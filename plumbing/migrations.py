"""Database migrations: at its start, a service migrates its database to match its models.

Each migration works on SQLite and PostgreSQL. `python -m plumbing.migrations NAME MESSAGE` writes
the next migration of the service NAME from the difference between its models and its migrations.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeVar

import sqlalchemy as sa
import structlog
from alembic import command, context
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlmodel.sql.sqltypes import AutoString

from plumbing.database import DEADLOCK, Database, PlumbingTable, SerialColumn
from plumbing.newer_tables import require_usable, unknown_revision
from plumbing.owned_tables import (
    NotMigrated,
    may_change_tables,
    pending_revisions,
    require_migrated,
)
from plumbing.row_digests import Proven, proven_tables
from plumbing.waiting import Waiting, once_there

log = structlog.get_logger()
T = TypeVar("T")
# The modules with the tables that every service has.
PLUMBING_MODULES = (
    "access.entry",
    "audit",
    "change",
    "checkpoints.tree",
    "events.inbox",
    "events.outbox",
)

LOCK_SECONDS = 5
MOST_DEADLOCKS = 10
_ASKS = ("SELECT", "PRAGMA", "SET LOCAL")  # what changes nothing


@dataclass(frozen=True)
class Trial:
    """What the migrations that a database lacks would do to it, and how long they took."""

    revisions: list[str]
    statements: list[str]
    seconds: float


def metadata_of(service: str) -> list[sa.MetaData]:
    """Returns the metadata of a service's own tables and of the tables that every service has.

    A process without events sets `PLUMBING_TABLES = False` in its `tables` module; then only its
    own metadata is returned.
    """
    tables = importlib.import_module(f"services.{service}.tables")
    own: sa.MetaData = tables.Base.metadata
    if not getattr(tables, "PLUMBING_TABLES", True):
        return [own]
    for module in PLUMBING_MODULES:
        importlib.import_module(f"plumbing.{module}")
    return [own, PlumbingTable.metadata]


def watched_tables(service: str) -> list[Proven]:
    """Returns the tables of a service whose rows its audit entries cover."""
    own, *_ = metadata_of(service)
    return proven_tables(own)


async def upgrade(database: Database, service: str, revision: str = "head") -> None:
    """Migrates a service's database to a revision, by default the newest.

    Changes nothing if the database is already at that revision, or at one that this release does
    not know. Where the tables belong to another role, waits until that role has migrated them.
    Raises CannotUseTables if the tables of an unknown revision did not only grow.
    """
    waiting = Waiting("quanheng migrate", database.address)
    work = partial(migrate, database, service, revision)
    await once_there(waiting, lambda error: isinstance(error, NotMigrated), work)


async def migrate(database: Database, service: str, revision: str = "head") -> None:
    """Migrates as `upgrade` does, but raises NotMigrated where the role may change no table.

    Services that work meanwhile use tables in another order. A deadlock with one of them changes
    nothing, and the migrations begin anew.
    """
    work = partial(_upgrade, service=service, revision=revision)
    await _unless_deadlocked(database, work)


async def try_out(database: Database, service: str) -> Trial:
    """Runs the migrations that a database lacks and undoes them; returns what they would do.

    On PostgreSQL it locks what they change until it has ended, so that services wait; it gives up
    a lock that others do not let go within LOCK_SECONDS. Raises NotMigrated where the role may
    change no table.
    """
    return await _unless_deadlocked(database, partial(_try_out, service=service))


async def _unless_deadlocked(database: Database, work: Callable[[sa.Connection], T]) -> T:
    deadlocks = 0
    while True:
        try:
            async with database.patient() as connection:
                return await connection.run_sync(work)
        except DBAPIError as error:
            deadlocks += 1
            code = getattr(error.orig, "sqlstate", None)
            if code != DEADLOCK or deadlocks > MOST_DEADLOCKS:
                raise
            log.warning("migrations.deadlock", error=str(error.orig))


async def downgrade(database: Database, service: str, revision: str) -> None:
    """Undoes every migration after a revision.

    Data in tables and columns that the undone migrations added is lost.
    """
    async with database.patient() as connection:
        await connection.run_sync(_downgrade, service, revision)


def revisions(service: str) -> list[str]:
    """Returns the revisions of a service's tables, the oldest first."""
    scripts = ScriptDirectory.from_config(_scripts(service))
    return sorted(one.revision for one in scripts.walk_revisions())


async def differences(database: Database, service: str) -> list[Any]:
    """Returns the differences between a service's models and its database; empty if none."""
    async with database.engine.connect() as connection:
        return list(await connection.run_sync(_compare, service))


def run_environment() -> None:
    """Configures Alembic for the service that is being migrated and runs its migrations."""
    attributes = context.config.attributes
    context.configure(
        connection=attributes["connection"],
        target_metadata=metadata_of(attributes["service"]),
        render_as_batch=True,
        render_item=_render,
        compare_type=_types_differ,
        include_object=_compared(attributes["service"]),
    )
    with context.begin_transaction():
        context.run_migrations()


def _config(service: str, connection: sa.Connection) -> Config:
    config = _scripts(service)
    config.attributes |= {"connection": connection, "service": service}
    return config


def _scripts(service: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(_versions(service)))
    return config


def _versions(service: str) -> Path:
    return Path(importlib.import_module(f"services.{service}").__path__[0]) / "migrations"


def _upgrade(connection: sa.Connection, service: str, revision: str = "head") -> None:
    if connection.dialect.name == "postgresql":
        # Replicas that start together take turns; the later ones have nothing to do.
        turn = sa.func.pg_advisory_xact_lock(sa.func.hashtext("migrations"))
        connection.execute(sa.select(turn))
    config = _config(service, connection)
    if newer := unknown_revision(connection, config):
        require_usable(_compare(connection, service), newer)
        log.warning("migrations.tables_are_newer", service=service, revision=newer)
        connection.rollback()
        return
    if not may_change_tables(connection):
        require_migrated(connection, config)
        connection.rollback()
        return
    with _keys_checked_at_the_end(connection):
        command.upgrade(config, revision)


def _try_out(connection: sa.Connection, service: str) -> Trial:
    config, statements = _config(service, connection), list[str]()
    pending = pending_revisions(connection, config)
    if pending and not may_change_tables(connection):
        require_migrated(connection, config)
    connection.rollback()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().startswith(_ASKS):
            statements.append(statement.strip())

    began = time.monotonic()
    event.listen(connection, "before_cursor_execute", note)
    try:
        with suppress(_Undone), _keys_checked_at_the_end(connection):
            command.upgrade(config, "head")
            raise _Undone
    finally:
        event.remove(connection, "before_cursor_execute", note)
        connection.rollback()
    return Trial(pending, statements, time.monotonic() - began)


class _Undone(Exception):
    """Ends a trial before anything is committed."""


def _downgrade(connection: sa.Connection, service: str, revision: str) -> None:
    with _keys_checked_at_the_end(connection):
        command.downgrade(_config(service, connection), revision)


@contextmanager
def _keys_checked_at_the_end(connection: sa.Connection) -> Iterator[None]:
    """Commits a migration after checking all foreign keys at its end.

    To change a column, SQLite copies the table and drops the old one, to which rows of other tables
    refer: so keys are not checked during a migration, and all of them before the commit.
    """
    if connection.dialect.name != "sqlite":
        yield
        connection.commit()
        return
    connection.rollback()  # what was only asked: within a transaction the checks go on
    _check_keys(connection, at_once=False)
    connection.begin()  # or Alembic would commit each migration by itself
    try:
        yield
        if broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all():
            raise RuntimeError(f"A migration would leave rows without what they refer to: {broken}")
        connection.commit()
    finally:
        connection.rollback()
        _check_keys(connection, at_once=True)


def _check_keys(connection: sa.Connection, *, at_once: bool) -> None:
    # Sent to the driver: in a transaction, which SQLAlchemy would begin, it has no effect.
    driver = connection.connection.dbapi_connection
    assert driver is not None  # noqa: S101 - the connection is open
    cursor = driver.cursor()
    cursor.execute(f"PRAGMA foreign_keys={'ON' if at_once else 'OFF'}")
    cursor.close()


def _compare(connection: sa.Connection, service: str) -> list[Any]:
    compared = {"compare_type": _types_differ, "include_object": _compared(service)}
    migration = MigrationContext.configure(connection, opts=compared)
    metadata: Any = metadata_of(service)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*expression-based index")
        return [*compare_metadata(migration, metadata), *_missing_indexes(connection, metadata)]


def _missing_indexes(connection: sa.Connection, metadata: Sequence[sa.MetaData]) -> list[Any]:
    """The indexes that SQLite does not have: Alembic does not see those on expressions there."""
    if connection.dialect.name != "sqlite":
        return []
    named = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index'")
    there = {name for (name,) in named}
    tables = (table for part in metadata for table in part.tables.values())
    return [one for table in tables for one in table.indexes if one.name not in there]


def retired(service: str) -> frozenset[str]:
    """Returns tables and columns (`table.column`) that no code uses and a later release will drop.

    A service lists them as `RETIRED` in its `tables` module. They remain for one release after the
    code that used them was removed, because replicas of the previous release run while the new one
    starts.
    """
    tables = importlib.import_module(f"services.{service}.tables")
    names: frozenset[str] = getattr(tables, "RETIRED", frozenset())
    return names


def _compared(service: str) -> Callable[..., bool]:
    gone = retired(service)

    def compared(item: Any, name: str, kind: str, reflected: bool, _wanted: Any) -> bool:
        table = "" if kind == "table" else f"{item.table.name}."
        return not (reflected and f"{table}{name}" in gone)

    return compared


def _types_differ(
    compared: Any, _inspected: Any, _metadata: Any, actual: Any, declared: Any
) -> bool | None:
    # A moment has a time zone, except on SQLite, which knows none.
    if isinstance(actual, sa.DateTime):
        return not (actual.timezone or compared.dialect.name == "sqlite")
    # A JSON column is JSONB on PostgreSQL: that is no difference.
    return False if isinstance(declared, sa.JSON) or isinstance(actual, sa.JSON) else None


def _render(kind: str, item: Any, autogen: Any) -> str | Literal[False]:
    if kind != "type":
        return False
    if isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    if isinstance(item, sa.JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON().with_variant(postgresql.JSONB(), 'postgresql')"
    if isinstance(item, sa.BigInteger) and item is SerialColumn:
        return "sa.BigInteger().with_variant(sa.Integer(), 'sqlite')"
    if isinstance(item, sa.types.TypeDecorator) and isinstance(item.impl_instance, sa.DateTime):
        return "sa.DateTime(timezone=True)"
    return False


async def _write(service: str, message: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        database = Database(f"sqlite+aiosqlite:///{scratch}/scratch.db")
        async with database.engine.connect() as connection:
            await connection.run_sync(_upgrade, service)
            await connection.run_sync(_revise, service, message)
        await database.close()


def _revise(connection: sa.Connection, service: str, message: str) -> None:
    versions = _versions(service)
    number = f"{len(list(versions.glob('[0-9]*.py'))) + 1:04d}"
    config = _config(service, connection)
    command.revision(config, message, autogenerate=True, rev_id=number, version_path=str(versions))


if __name__ == "__main__":
    asyncio.run(_write(sys.argv[1], sys.argv[2]))

"""The database of one service: connections, transactions, snapshots and column types.

Each service has its own tables, metadata and database. The tables that every service needs (outbox,
inbox, audit, requests) are defined once on `PlumbingTable` and exist in each of those databases.
The same code runs on SQLite and PostgreSQL; the database URL selects one of them (D-11).
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import registry
from sqlalchemy.sql.functions import FunctionElement
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.full_disk import is_full, note_full
from plumbing.metrics.counted import TRANSACTION_SECONDS
from plumbing.postgresql_limits import give_up_lost_connections, limits
from plumbing.postgresql_tls import with_tls
from plumbing.quick_sqlite import (
    BEGIN_READING,
    BEGIN_WRITING,
    BUSY_MILLISECONDS,
    QuickSqlite,
)
from plumbing.tracing import inner_span

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

_CHANGES, _SNAPSHOTS = map(TRANSACTION_SECONDS.labels, ("change", "snapshot"))
# A dict or list column. To change it, assign a new value: changes in place are not noticed.
JsonColumn = sa.JSON().with_variant(JSONB(), "postgresql")
# Less than the 10 s for which a call waits by default, so that the caller hears the reason.
WRITE_WAIT_SECONDS = 8.0
# PostgreSQL's codes for the transaction that lost against another.
_SERIALIZATION_FAILURE, DEADLOCK = "40001", "40P01"
# The schema under which a transaction sees an attached file, and the mark of its connection.
ATTACHED = "staged"
_ENLARGED = "quanheng_enlarged_cache"  # the mark of a connection with a large page cache
# Of pages of a SQLite file, for one connection; many rows go into indexes all over the file.
MOVING_CACHE_KIB, USUAL_CACHE_KIB = 64 * 1024, 2000
_CONNECTION = "quanheng_connection"  # what a session keeps of the transaction that it is for
# A growing integer key; SQLite numbers only INTEGER PRIMARY KEY by itself.
SerialColumn = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def own_registry() -> registry:
    """Returns a new SQLAlchemy registry with its own metadata.

    Use it for the base class of a service's tables.
    """
    return registry(metadata=sa.MetaData(naming_convention=NAMING))


class PlumbingTable(SQLModel, registry=own_registry()):
    """Base class of the tables that exist in every service's database."""


def enum_column(values: type[StrEnum]) -> sa.Enum:
    """Returns a column type that stores an enum member as text: its value, not its name."""
    return sa.Enum(
        values,
        native_enum=False,
        length=32,
        create_constraint=False,
        validate_strings=True,
        values_callable=lambda members: [member.value for member in members],
    )


def overtaken(error: DBAPIError) -> bool:
    """Returns whether a transaction failed because it conflicted with another transaction.

    If the failed transaction is repeated, it sees the result of the other one.
    """
    state = getattr(error.orig, "sqlstate", None)
    return isinstance(error, IntegrityError) or state in (_SERIALIZATION_FAILURE, DEADLOCK)


class WriterBusy(SQLAlchemyError):
    """Raised when a transaction of a SQLite file has waited too long for those before it."""


def is_busy(error: Exception) -> bool:
    """Returns whether a transaction failed because others took too long; it may be repeated."""
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", None)
    return isinstance(error, (WriterBusy, PoolTimeout)) or code == sqlite3.SQLITE_BUSY


class Database:
    """The database of one service. Only `transaction()` can change its data.

    A SQLite file has one writer at a time. The transactions of a process take turns in the order in
    which they came, and one that has waited for WRITE_WAIT_SECONDS is refused. One that waits holds
    no connection, so that there are always some for readers.
    """

    def __init__(self, url: str, *, idles: bool = False) -> None:
        self._url = url  # as it was given: the engine's own has no TLS options
        self.engine = _engine(url, idles=idles)
        self.is_sqlite = self.engine.dialect.name == "sqlite"
        self.commits = 0  # of this object
        self._writing = asyncio.Lock()
        self._sessions = async_sessionmaker(
            self.engine, class_=AsyncSession, expire_on_commit=False
        )
        readers = self.engine.execution_options(quanheng_readonly=True, **self._reading())
        self._readers = async_sessionmaker(readers, class_=AsyncSession, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Opens a transaction; commits rows, events and audit entries together or not at all.

        Raises WriterBusy if it would have to wait too long for other transactions.
        """
        system = {"db.system.name": self.engine.dialect.name}
        with _CHANGES.time(), inner_span("database transaction", system), _noticing_a_full_disk():
            async with self._turn_to_write(), self._sessions() as session, session.begin():
                session.info[_CONNECTION] = await session.connection()
                yield session
            self.commits += 1

    @asynccontextmanager
    async def _turn_to_write(self) -> AsyncIterator[None]:
        if not self.is_sqlite:
            yield
            return
        try:
            async with asyncio.timeout(WRITE_WAIT_SECONDS):
                await self._writing.acquire()
        except TimeoutError:
            raise WriterBusy(f"Others wrote for {WRITE_WAIT_SECONDS:.0f} s") from None
        try:
            yield
        finally:
            self._writing.release()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """Opens a consistent read-only view of the database, which never waits for a writer."""
        with _SNAPSHOTS.time():
            async with self._readers() as session:  # begins with its first read
                yield session

    def again(self) -> Database:
        """Returns another object for the same database, to be used in another event loop.

        There a snapshot may compute for as long as it needs between two reads: it locks no row.
        """
        return Database(self._url, idles=True)

    @cached_property
    def apart(self) -> Database:
        """The same database by a connection that is free while work holds all others.

        A file has no connections that could run out.
        """
        return self if self.is_sqlite else self.again()

    @property
    def address(self) -> str:
        """Where the database is, without user and password."""
        url = self.engine.url
        hosts = url.query.get("host", ()) if not url.host else f"{url.host}:{url.port or 5432}"
        named = hosts if isinstance(hosts, str) else ",".join(hosts)
        return f"{named}/{url.database}"

    @asynccontextmanager
    async def long_transaction(self) -> AsyncIterator[AsyncSession]:
        """As `transaction`, for statements over whole tables, which may take as long as they need.

        With a limit they would be cut off in a large database, and repeated in vain.
        """
        if self.is_sqlite:
            async with self.transaction() as session:
                yield session
            return
        async with (
            self.patient() as connection,
            AsyncSession(connection, expire_on_commit=False) as session,
            session.begin(),
        ):
            session.info[_CONNECTION] = connection
            yield session
        self.commits += 1

    @asynccontextmanager
    async def patient(self) -> AsyncIterator[AsyncConnection]:
        """Opens a connection whose statements may take as long as they need."""
        if self.is_sqlite:
            async with self.engine.connect() as connection:
                yield connection
            return
        place, tls = with_tls(sa.make_url(self._url))
        arguments = tls | limits(patient=True)
        engine = create_async_engine(
            place, connect_args=arguments, poolclass=sa.NullPool, hide_parameters=True
        )
        async with engine.connect() as connection:
            yield connection

    async def close(self) -> None:
        """Closes all connections to the database."""
        if (apart := vars(self).get("apart", self)) is not self:
            await apart.close()
        await self.engine.dispose()

    def _reading(self) -> dict[str, Any]:
        # SQLite reads one state by itself. On PostgreSQL, without this level, each statement would
        # see what was committed before it.
        if self.is_sqlite:
            return {}
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


async def connection_of(session: AsyncSession) -> AsyncConnection:
    """Returns the connection of an open transaction, for statements without objects."""
    return session.info.get(_CONNECTION) or await session.connection()


async def stored_bytes(database: Database) -> int:
    """Returns how many bytes a database takes on its disk; a file's log of writes is left out."""
    size = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
    query = size if database.is_sqlite else "SELECT pg_database_size(current_database())"
    async with database.snapshot() as session:
        return int((await (await connection_of(session)).execute(sa.text(query))).scalar_one())


@contextmanager
def _noticing_a_full_disk() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if is_full(error):
            note_full()
        raise


def _engine(url: str, *, idles: bool = False) -> AsyncEngine:
    # Errors are logged: they quote the statement, but never its parameters, which may be personal.
    if not url.startswith("sqlite"):
        place, tls = with_tls(sa.make_url(url))
        engine = create_async_engine(
            place,
            connect_args=tls | limits(idles=idles),
            pool_size=10,
            max_overflow=10,
            hide_parameters=True,
        )
        give_up_lost_connections(engine)
        return engine
    path = sa.make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(
        url,
        module=QuickSqlite(),
        connect_args={"timeout": 30},
        pool_size=8,
        max_overflow=8,
        hide_parameters=True,
    )
    event.listen(engine.sync_engine, "connect", _tune_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    event.listen(engine.sync_engine, "checkin", _detach)
    return engine


async def attach(session: AsyncSession, file: Path) -> None:
    """Makes the tables of a SQLite file readable as `staged.…` until the transaction has ended."""
    await enlarge_cache(session)
    connection = await session.connection()
    await connection.exec_driver_sql(f"ATTACH ? AS {ATTACHED}", (str(file),))
    connection.info[ATTACHED] = True


async def enlarge_cache(session: AsyncSession) -> None:
    """Gives the transaction a page cache for thousands of new rows, until it has ended.

    Without it SQLite writes the pages of indexes out and reads them in again, row by row.
    """
    connection = await session.connection()
    if connection.dialect.name == "sqlite":
        await connection.exec_driver_sql(f"PRAGMA cache_size={-MOVING_CACHE_KIB}")
        connection.info[_ENLARGED] = True


def _detach(connection: sqlite3.Connection, record: Any) -> None:
    if record.info.pop(ATTACHED, False):
        connection.execute(f"DETACH {ATTACHED}").close()
    if record.info.pop(_ENLARGED, False):
        connection.execute(f"PRAGMA cache_size={-USUAL_CACHE_KIB}").close()


def scratch_engine(file: Path) -> AsyncEngine:
    """Returns the engine of a SQLite file that is of no use after a crash, so nothing is synced."""
    engine = create_async_engine(f"sqlite+aiosqlite:///{file}", hide_parameters=True)
    event.listen(engine.sync_engine, "connect", _hurry_sqlite)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _hurry_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=OFF", "synchronous=OFF"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _tune_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # _begin_sqlite begins transactions, not the driver
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MILLISECONDS}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # A deferred BEGIN that writes later can fail because of another writer; so lock at once.
    if connection.get_execution_options().get("quanheng_readonly"):
        connection.connection.cursor().execute(BEGIN_READING)  # cannot fail, so nothing translates
    else:
        connection.exec_driver_sql(BEGIN_WRITING)


class local_day(FunctionElement[date]):  # noqa: N801 - it is written like a function of SQL
    """The day in Beijing of a column with moments, as an SQL expression."""

    type = sa.Date()
    inherit_cache = True


@compiles(local_day, "sqlite")
def _local_day_of_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"date({compiler.process(element.clauses, **options)}, '+8 hours')"


@compiles(local_day, "postgresql")
def _local_day_of_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    moment = compiler.process(element.clauses, **options)
    return f"CAST({moment} AT TIME ZONE 'Asia/Shanghai' AS DATE)"


class unindexed(FunctionElement[Any]):  # noqa: N801 - it is written like a function of SQL
    """A column for whose condition SQLite takes no index, so that it takes that of the order.

    SQLite knows no numbers of rows, and would read and sort everything that has one of many values.
    PostgreSQL knows them and decides for itself.
    """

    inherit_cache = True

    def __init__(self, column: Any) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(unindexed)
def _unindexed_as_it_is(element: Any, compiler: Any, **options: Any) -> str:
    return f"({compiler.process(element.clauses, **options)})"


@compiles(unindexed, "sqlite")
def _unindexed_of_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    return f"+({compiler.process(element.clauses, **options)})"

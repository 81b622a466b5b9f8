"""The PostgreSQL databases of a platform: missing ones are created before the services start."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from law.errors import Fault, InvalidInput, LawError
from plumbing.postgresql_tls import with_tls
from plumbing.settings import CALLERS, Settings

MAINTENANCE = "postgres"  # the database that every server has; others are created from it
# SQLSTATE codes. A database that another process creates at the same time gives one of two.
MISSING, CREATED_MEANWHILE = "3D000", ("42P04", "23505")


class NoDatabase(LawError):
    """The database cannot be used."""

    reason = "NO_DATABASE"
    message_zh = "数据库不可用"


async def provide(settings: Settings) -> list[str]:
    """Creates the missing PostgreSQL databases of the services; returns the names of the new ones.

    Raises InvalidInput if two services would share a database,
    NoDatabase if a database can be neither reached nor created.
    """
    urls = [sa.make_url(settings.database_url(service)) for service in CALLERS]
    if len(set(urls)) < len(CALLERS):
        zh, en = "须含 {service}：每个服务一个数据库", "must contain {service}: one database each"
        raise InvalidInput(faults=[Fault("database", zh, en)])
    return [url.database or "" for url in urls if await _provide(url)]


async def refuse_used(settings: Settings) -> None:
    """Raises InvalidInput if a database has tables: a new sandbox must not use a real register."""
    for service in CALLERS:
        url = sa.make_url(settings.database_url(service))
        if await _run(url, "SELECT 1 FROM pg_tables WHERE schemaname = current_schema()"):
            zh = f"数据库 {url.database} 已有内容，新沙箱须使用空的数据库"
            en = f"The database {url.database} is in use; a new sandbox needs empty ones"
            raise InvalidInput(zh, en, faults=[Fault("database", zh, en)])


async def _provide(url: sa.URL) -> bool:
    try:
        if await _exists(url):
            return False
        await _create(url)
    except (DBAPIError, OSError, ModuleNotFoundError) as error:  # asyncpg is an extra
        raise _unusable(url, error) from error
    return True


async def _exists(url: sa.URL) -> bool:
    try:
        await _run(url, "SELECT 1")
    except DBAPIError as error:
        if _state(error) != MISSING:
            raise
        return False
    return True


async def _create(url: sa.URL) -> None:
    name = (url.database or "").replace('"', '""')
    # From template0, because a machine may have added its own objects to template1.
    create = f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0"
    try:
        await _run(url.set(database=MAINTENANCE), create)
    except DBAPIError as error:
        if _state(error) not in CREATED_MEANWHILE:
            raise


async def _run(url: sa.URL, statement: str) -> bool:
    """Runs a statement; True when it yields a row."""
    place, tls = with_tls(url)
    engine = create_async_engine(
        place, connect_args=tls, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool
    )
    async with engine.connect() as connection:
        result = await connection.exec_driver_sql(statement)
        return result.returns_rows and result.first() is not None


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", ""))


def _unusable(url: sa.URL, error: Exception) -> NoDatabase:
    place = url.render_as_string(hide_password=True)
    why = str(getattr(error, "orig", error))
    return NoDatabase(
        f"数据库 {place} 无法使用，也无法新建：{why}；须先由数据库管理员建库并授权",
        f"The database {place} can be neither used nor created: {why}. "
        "Its administrator must create it first, owned by this role",
    )

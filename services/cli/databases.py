"""The databases of a platform on PostgreSQL: found, or made before the services start."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from law.errors import Fault, InvalidInput, LawError
from plumbing.settings import SERVICES, Settings

MAINTENANCE = "postgres"  # the database every server has, from which others are made
# As PostgreSQL says it; another who made it meanwhile shows before or after it committed.
MISSING, MADE_MEANWHILE = "3D000", ("42P04", "23505")


class NoDatabase(LawError):
    """The database cannot be used."""

    reason = "NO_DATABASE"
    message_zh = "数据库不可用"


async def provide(settings: Settings) -> list[str]:
    """Makes the services' databases where they are missing; returns the names of those made.

    SQLite's are files and make themselves. Raises InvalidInput where two services would share a
    database, NoDatabase where one can be neither reached nor made.
    """
    if not settings.database or settings.database.startswith("sqlite"):
        return []
    urls = [sa.make_url(settings.database_url(service)) for service in SERVICES]
    if len(set(urls)) < len(SERVICES):
        zh, en = "须含 {service}：每个服务一个数据库", "must contain {service}: one database each"
        raise InvalidInput(faults=[Fault("database", zh, en)])
    return [url.database or "" for url in urls if await _provide(url)]


async def _provide(url: sa.URL) -> bool:
    try:
        if await _there(url):
            return False
        await _make(url)
    except (DBAPIError, OSError, ModuleNotFoundError) as error:  # asyncpg is an extra
        raise _unusable(url, error) from error
    return True


async def _there(url: sa.URL) -> bool:
    try:
        await _run(url, "SELECT 1")
    except DBAPIError as error:
        if _state(error) != MISSING:
            raise
        return False
    return True


async def _make(url: sa.URL) -> None:
    name = (url.database or "").replace('"', '""')
    # Of template0: what a machine has added to template1 is not the services' business.
    make = f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0"
    try:
        await _run(url.set(database=MAINTENANCE), make)
    except DBAPIError as error:
        if _state(error) not in MADE_MEANWHILE:
            raise


async def _run(url: sa.URL, statement: str) -> None:
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    async with engine.connect() as connection:
        await connection.exec_driver_sql(statement)


def _state(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", ""))


def _unusable(url: sa.URL, error: Exception) -> NoDatabase:
    place = url.render_as_string(hide_password=True)
    why = str(getattr(error, "orig", error))
    return NoDatabase(
        f"数据库 {place} 无法使用，也无法新建：{why}；须先由数据库管理员建库并授权",
        f"The database {place} can be neither used nor made: {why}. "
        "Its administrator must make it first, owned by this role",
    )

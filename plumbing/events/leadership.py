"""One at a time: which of a service's replicas does the work that only one may do.

`Leadership` is for work that goes on outside a transaction, `alone` for what one transaction does.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import Database

# Seconds after which PostgreSQL ends the session of a leader whose machine has gone; by default it
# would keep the lock for hours.
_GONE = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 3}


async def alone(session: AsyncSession, work: str) -> None:
    """Waits until no other transaction of the database does this work, and keeps others from it.

    On SQLite a transaction that writes is alone anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.exec(select(sa.func.pg_advisory_xact_lock(lock_key(work))))


def lock_key(work: str) -> int:
    """The number of PostgreSQL's advisory lock for a kind of work."""
    return int.from_bytes(hashlib.sha256(work.encode()).digest()[:8], "big", signed=True)


class Leadership:
    """The right to do one kind of work on one database.

    On SQLite the one process has it. On PostgreSQL it is a session's advisory lock, so that it
    ends with the connection that took it, however its process ends.
    """

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._key = lock_key(work)
        self._connection: AsyncConnection | None = None

    async def held(self) -> bool:
        """Whether this process may go on; takes the lock if it is free. Ask before each turn."""
        if self._database.is_sqlite:
            return True
        if self._connection is None:
            return await self._take()
        return await self._still_connected(self._connection)

    async def release(self) -> None:
        """Lets another process take over."""
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    async def _take(self) -> bool:
        connection = await self._database.engine.connect()
        try:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            if await connection.scalar(sa.select(sa.func.pg_try_advisory_lock(self._key))):
                for name, value in _GONE.items():
                    await connection.exec_driver_sql(f"SET {name} = {value}")
                self._connection = connection
        finally:
            if self._connection is None:
                await connection.close()
        return self._connection is not None

    async def _still_connected(self, connection: AsyncConnection) -> bool:
        try:
            await connection.execute(sa.select(1))
        except sa.exc.DBAPIError:
            await self.release()
            return False
        return True

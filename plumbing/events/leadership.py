"""One at a time: which replica of a service does the work that only one may do.

`Leadership` is for work outside a transaction, `exclusively` for the work of one transaction.
"""

from __future__ import annotations

import hashlib

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import Database

# PostgreSQL ends the session of a leader whose machine is gone after about 11 seconds; by default
# the session would keep the lock for hours.
_GONE = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 3}


async def exclusively(session: AsyncSession, work: str) -> None:
    """Waits until no other transaction of the database does this work, then keeps others waiting.

    It lasts until the transaction ends. On SQLite only one transaction writes at a time anyway.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.exec(select(sa.func.pg_advisory_xact_lock(lock_key(work))))


def lock_key(work: str) -> int:
    """The number of PostgreSQL's advisory lock for a kind of work."""
    return int.from_bytes(hashlib.sha256(work.encode()).digest()[:8], "big", signed=True)


class Leadership:
    """The right to do one kind of work on one database.

    On SQLite the only process has it. On PostgreSQL it is an advisory lock of a session, so it ends
    with the connection that took it, however the process ends.
    """

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._key = lock_key(work)
        self._connection: AsyncConnection | None = None

    async def held(self) -> bool:
        """Whether this process has the right now; takes it if it is free. Ask before each turn."""
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

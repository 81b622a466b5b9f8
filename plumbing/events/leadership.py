"""Lets only one replica of a service at a time do a given kind of work.

`Leadership` is for work outside a transaction, `exclusively` for work inside one transaction.
"""

from __future__ import annotations

import asyncio
import hashlib

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY

PUBLISHING = "outbox relay"  # the work of a relay: a replica of the service that leads
# PostgreSQL ends the session of a leader whose machine is gone after about 11 seconds; by default
# the session would keep the lock for hours.
_GONE = {"tcp_keepalives_idle": 5, "tcp_keepalives_interval": 2, "tcp_keepalives_count": 3}
# A leader that hears nothing from the database for so long leads no more.
ANSWER_SECONDS = 5.0


async def exclusively(session: AsyncSession, work: str) -> None:
    """Gives this transaction the exclusive right to do `work`; waits while another one has it.

    The right ends with the transaction. On SQLite nothing is needed, because only one transaction
    writes at a time.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.exec(select(sa.func.pg_advisory_xact_lock(lock_key(work))))


def lock_key(work: str) -> int:
    """Returns the number of the PostgreSQL advisory lock for a kind of work."""
    return int.from_bytes(hashlib.sha256(work.encode()).digest()[:8], "big", signed=True)


class Leadership:
    """The exclusive right of one process to do a kind of work on one database.

    On SQLite the only process has this right. On PostgreSQL the right is an advisory lock of a
    session, so it ends with its connection, even if the process crashes.
    """

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._key = lock_key(work)
        self._connection: AsyncConnection | None = None

    async def held(self) -> bool:
        """Returns whether this process has the right to do the work; acquires it if it is free.

        Call it before each piece of the work.
        """
        if self._database.is_sqlite:
            return True
        if self._connection is None:
            return await self._take()
        return await self._still_connected(self._connection)

    async def release(self) -> None:
        """Gives up the right to do the work, so that another process can acquire it."""
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
            async with asyncio.timeout(ANSWER_SECONDS):
                await connection.execute(sa.select(1))
        except DATABASE_AWAY:
            await self.release()
            return False
        return True

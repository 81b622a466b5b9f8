"""How long a PostgreSQL server may be silent before its connections are given up.

A server that stops refuses connections at once. One whose machine vanishes says nothing, and one
that hangs acknowledges what it is sent and never answers: without limits everything that asks it
would wait for a quarter of an hour, or for ever.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncEngine

from plumbing.database_away import NoDatabase, lost

# All hosts of an address together: it should be one that moves with the primary.
CONNECT_SECONDS = 5.0
# Before a connection from the pool is used it is asked whether its server still answers.
PING_SECONDS = 3.0
# One statement. Those of migrations have no limit.
COMMAND_SECONDS = 60.0
# Between two statements of a transaction. The server then ends the session of a replica that hangs:
# if it hangs in the middle of a change, callers of the other one wait for its locks for so long.
# What computes for longer does so beside its transaction.
IDLE_SECONDS = 15
# The kernel gives up a connection on which nothing was acknowledged for ten seconds.
_UNANSWERED = {
    "SO_KEEPALIVE": (socket.SOL_SOCKET, 1),
    "TCP_KEEPIDLE": (socket.IPPROTO_TCP, 5),
    "TCP_KEEPINTVL": (socket.IPPROTO_TCP, 2),
    "TCP_KEEPCNT": (socket.IPPROTO_TCP, 3),
    "TCP_USER_TIMEOUT": (socket.IPPROTO_TCP, 10_000),  # in milliseconds
}
_FRESH = "quanheng_fresh"  # the mark of a connection that was made just now


def limits(*, patient: bool = False, idles: bool = False) -> dict[str, Any]:
    """Returns the arguments for the driver with which connections and statements have limits.

    With `patient` statements have none, with `patient` or `idles` the time between them has none.
    """
    return {
        "async_creator_fn": _connect if patient or idles else _connect_busy,
        "timeout": CONNECT_SECONDS,
        "command_timeout": None if patient else COMMAND_SECONDS,
    }


def give_up_lost_connections(engine: AsyncEngine) -> None:
    """Makes an engine drop its connections once one of them shows that the server is away."""
    event.listen(engine.sync_engine, "connect", _mark_fresh)
    event.listen(engine.sync_engine, "checkout", _ping)
    event.listen(engine.sync_engine, "handle_error", _notice)


async def _connect(*place: Any, **options: Any) -> Any:
    # An extra, which one machine does without.
    import asyncpg  # type: ignore[import-untyped]  # noqa: PLC0415

    try:
        connection = await asyncpg.connect(*place, connection_class=_class(), **options)
    except OSError as error:  # refused, unknown, unreachable or silent
        raise NoDatabase(str(error) or "no answer in time") from error
    with _closed_if_not_handed_over(connection):
        _limit_silence(connection)
    return connection


@cache
def _class() -> type[Any]:
    import asyncpg  # noqa: PLC0415 - as above

    class Limited(asyncpg.Connection):  # type: ignore[misc]  # it has no types
        """A connection that closes statements within the time that any other statement has."""

        __slots__ = ()

        async def _cleanup_stmts(self) -> None:
            async with asyncio.timeout(COMMAND_SECONDS):
                await super()._cleanup_stmts()

    return Limited


async def _connect_busy(*place: Any, **options: Any) -> Any:
    connection = await _connect(*place, **options)
    with _closed_if_not_handed_over(connection):
        try:
            await connection.execute(f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'")
        except OSError as error:  # silent
            raise NoDatabase(str(error) or "no answer in time") from error
    return connection


@contextmanager
def _closed_if_not_handed_over(connection: Any) -> Iterator[None]:
    # Nobody else knows the connection yet. What is cancelled here, such as a relay that ends, would
    # leave it open on the server until the garbage is collected.
    try:
        yield
    except BaseException:
        connection.terminate()
        raise


def _limit_silence(connection: Any) -> None:
    wire = connection._transport.get_extra_info("socket")  # noqa: SLF001 - no other way to it
    if wire is None or wire.family not in (socket.AF_INET, socket.AF_INET6):
        return
    for name, (level, value) in _UNANSWERED.items():
        if (option := getattr(socket, name, None)) is not None:  # not every system has all
            wire.setsockopt(level, option, value)


def _mark_fresh(_connection: Any, record: Any) -> None:
    record.info[_FRESH] = True


def _ping(connection: Any, record: Any, _proxy: Any) -> None:
    if record.info.pop(_FRESH, False):
        return
    try:
        connection.run_async(lambda own: own.execute("SELECT 1", timeout=PING_SECONDS))
    except Exception as error:  # whatever it is: another connection is made
        raise InvalidatePoolError(f"The connection was lost: {error!r}") from error


def _notice(context: sa.engine.ExceptionContext) -> None:
    if lost(context.original_exception):
        context.is_disconnect = True

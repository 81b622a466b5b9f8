"""Waits for an engine and says so, in the log and to whoever asks if the process is ready."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from plumbing.database import Database
from plumbing.database_away import keeps_waiting
from plumbing.readiness import READINESS

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.1, 2.0
TELL_EVERY_SECONDS = 30.0
ERROR_LENGTH = 300
log = structlog.get_logger()
T = TypeVar("T")


class Waiting:
    """A wait for one engine at one place, with pauses that grow up to two seconds."""

    def __init__(self, engine: str, address: str) -> None:
        self._engine, self._address = engine, address
        self._pause, self._told = FIRST_PAUSE_SECONDS, dict[str, float]()

    async def after(self, error: BaseException) -> None:
        """Says for what the process waits, each reason at once and each half minute, and pauses."""
        READINESS.waits_for(self._engine)
        why, now = f"{type(error).__name__}: {error}"[:ERROR_LENGTH], time.monotonic()
        if now - self._told.get(why, -TELL_EVERY_SECONDS) >= TELL_EVERY_SECONDS:
            self._told[why] = now
            log.warning("process.waits", engine=self._engine, address=self._address, error=why)
        await asyncio.sleep(self._pause)
        self._pause = min(2 * self._pause, LONGEST_PAUSE_SECONDS)

    def over(self) -> None:
        """Notes that the engine answers; says so if it was waited for."""
        if self._told:
            log.info("process.waits_no_more", engine=self._engine, address=self._address)
        READINESS.waits_for("")
        self._pause, self._told = FIRST_PAUSE_SECONDS, {}


async def once_there(
    waiting: Waiting, passes: Callable[[BaseException], bool], work: Callable[[], Awaitable[T]]
) -> T:
    """Does work that needs an engine, and begins it anew after an error that `passes` by itself.

    The work must bear to be cut off and repeated.
    """
    while True:
        try:
            result = await work()
        except Exception as error:
            if not passes(error):
                raise
            await waiting.after(error)
        else:
            waiting.over()
            return result


async def once_database_there(database: Database, work: Callable[[], Awaitable[T]]) -> T:
    """Does work that needs the database, and begins it anew while the database is away."""
    waiting = Waiting("postgresql", database.address)
    return await once_there(waiting, keeps_waiting, work)

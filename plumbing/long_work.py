"""Does long work that waits in a service's database, one piece after the other.

The work is a row that a person's request has written. So it goes on after a crash, and anybody who
may see the row sees how it stands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.leadership import Leadership
from plumbing.grpc_errors import Away

LOOK_EVERY_SECONDS = 5.0  # another replica may have been asked
log = structlog.get_logger()


class LongWork:
    """The loop of one kind of long work; of several replicas, only one works at a time.

    `find` returns the id of the piece of work that has waited longest, or None. `do` does that
    piece; afterwards `find` must not return it again. If a part of the platform is away, the piece
    is tried again later.
    """

    def __init__(
        self,
        database: Database,
        kind: str,
        find: Callable[[], Awaitable[str | None]],
        do: Callable[[str], Awaitable[None]],
    ) -> None:
        self._kind, self._find, self._do = kind, find, do
        self._leadership = Leadership(database, f"long work: {kind}")
        self._wakened = asyncio.Event()

    def wake(self) -> None:
        """Tells the loop that a piece of work waits; it starts at once unless another one runs."""
        self._wakened.set()

    async def run(self) -> None:
        """Does what waits, and looks again every few seconds, until cancelled."""
        while True:
            self._wakened.clear()
            try:
                await self._do_all()
            except (*DATABASE_AWAY, Away) as error:
                log.warning("long_work.waits", kind=self._kind, error=str(error))
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_EVERY_SECONDS):
                    await self._wakened.wait()

    async def _do_all(self) -> None:
        while await self._leadership.held():
            found = await self._find()
            if found is None:
                return
            await self._do(found)

"""Whether this process can do its work now; `/ready` and `/live` at its metrics port tell it.

Ready means: it serves, and its database answers. Without NATS it is ready too, since changes commit
and their events wait; the answer names NATS then. Live means only that the process still does
anything: one whose engines are away must not be killed for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import sqlalchemy as sa

if TYPE_CHECKING:
    from plumbing.database import Database

LOOK_EVERY_SECONDS = 3.0
ANSWER_SECONDS = 5.0
# Longer than anything that keeps the process from turning to something else.
DEAF_SECONDS = 60.0


class Readiness:
    """What the one process waits for at its start, and what is away while it serves."""

    def __init__(self) -> None:
        self._serves = False
        self._waits = ""
        self._database_answers = True
        self.nats_answers: Callable[[], bool] = lambda: True
        self._beat = time.monotonic()

    @property
    def live(self) -> bool:
        """Whether the process has turned to its work within the last minute."""
        return time.monotonic() - self._beat < DEAF_SECONDS

    @property
    def ready(self) -> bool:
        """Whether the process can answer calls now."""
        return self._serves and self._database_answers and self.live

    def waits_for(self, engine: str) -> None:
        """Notes for which engine the process waits; empty for none."""
        self._waits = engine

    def serves(self) -> None:
        """Notes that the process serves."""
        self._serves = True

    def stops(self) -> None:
        """Notes that the process serves no more."""
        self._serves = False

    def words(self) -> str:
        """Returns in one line whether the process is ready, and what it lacks."""
        if not self.live:
            return "deaf: nothing was done for a minute"
        if not self._serves:
            return f"waits for {self._waits}" if self._waits else "starts or stops"
        away = [name for name, there in self._engines().items() if not there]
        return f"{'ready' if self.ready else 'not ready'}; away: {', '.join(away) or 'nothing'}"

    def _engines(self) -> dict[str, bool]:
        return {"postgresql": self._database_answers, "nats": self.nats_answers()}

    async def beat(self) -> NoReturn:
        """Shows each second, until cancelled, that the process still turns to its work."""
        while True:
            self._beat = time.monotonic()
            await asyncio.sleep(1.0)

    async def watch(self, database: Database) -> None:
        """Asks the database every three seconds, until cancelled; a file is never away."""
        while not database.is_sqlite:
            self._database_answers = await answers(database)
            await asyncio.sleep(LOOK_EVERY_SECONDS)
        await asyncio.Event().wait()


async def answers(database: Database) -> bool:
    """Returns whether a database answers within five seconds, however busy this process is."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS), database.apart.snapshot() as session:
            await (await session.connection()).execute(sa.select(1))
    except Exception:  # whatever it is: it cannot be asked now
        return False
    return True


READINESS = Readiness()

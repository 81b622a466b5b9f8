"""Makes the streams of a service again when they are found missing, and has them filled again.

NATS may lose its store, or get back an older one, while the services run. The outbox has every
event that a consumer may lack, and the inboxes know what they have handled: so what was lost is
published again, and what a consumer has not handled takes effect then.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

import nats.errors
import structlog
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.refilling import refill
from plumbing.events.signing import Signatures
from plumbing.events.subjects import Stream, ensure_streams, stream_of

LOOK_EVERY_SECONDS = 3.0
_LOG = structlog.get_logger()


@dataclass
class StreamKeeper:
    """Keeps the stream of a service, and that of dead letters, with `replicas` copies of each.

    `refilled` is called when events are to be published again.
    """

    database: Database
    js: JetStreamContext
    service: str
    signatures: Signatures
    replicas: int
    refilled: Callable[[], None]
    _last: int = field(default=0, init=False)  # the highest number that the stream has had

    async def run(self) -> None:
        """Looks every three seconds until cancelled; waits while NATS or the database is away."""
        while True:
            try:
                await self.look()
            except (nats.errors.Error, *DATABASE_AWAY) as error:
                _LOG.info("streams not looked at", error=repr(error))
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def look(self) -> None:
        """Makes missing streams, and has a stream filled that was made anew or set back.

        Raises nats.errors.Error if NATS fails.
        """
        last = await self._number_of_last(stream_of(self.service))
        dead = await self._number_of_last(Stream.DEAD_LETTERS)
        if last is None or dead is None:
            _LOG.warning("a stream is missing, it is made again", own=last, dead_letters=dead)
            await ensure_streams(self.js, self.service, self.replicas)
        if last is None or last < self._last:
            own = self.database, self.js, self.service, self.signatures
            await refill(*own, everything=True)
            self.refilled()
        self._last = last or 0

    async def _number_of_last(self, stream: Stream) -> int | None:
        """The number of the last message of a stream; None if there is no such stream."""
        try:
            return (await self.js.stream_info(stream)).state.last_seq
        except NotFoundError:
            return None

"""How many mails are sent at one time, so that addresses that hang hold back no others.

A mail server may let a sender wait for a minute at one address, and answer at once at others. A
send that lasts longer than usual no longer counts among those that may run at one time, and its
address waits in a lane of its own from then on.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

SENT_AT_ONCE = 50
HANGS_AFTER_SECONDS = 5.0
AGAIN_AFTER = timedelta(minutes=1)
MOST_REMEMBERED = 10_000


class Occupied(Exception):
    """Too many addresses that hang are being tried already; this one has to wait."""


class Lanes:
    """Two lanes of sends: of addresses that answer, and of those that hung at their last send."""

    def __init__(
        self, at_once: int = SENT_AT_ONCE, hangs_after: float = HANGS_AFTER_SECONDS
    ) -> None:
        self._quick, self._slow = asyncio.Semaphore(at_once), asyncio.Semaphore(at_once)
        self._hangs_after = hangs_after
        self._hung: dict[str, None] = {}  # the longest known first

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Waits until a mail to an address may be sent, for the block that sends it.

        Raises Occupied, without waiting, if the address hung before and so many others of that kind
        are being tried.
        """
        lane = self._slow if address in self._hung else self._quick
        if lane is self._slow and lane.locked():
            raise Occupied
        await lane.acquire()
        watching = asyncio.create_task(self._watch(address, lane))
        try:
            yield
        finally:
            if watching.done():  # it hung
                if lane is self._slow:
                    lane.release()
            else:
                watching.cancel()
                self._hung.pop(address, None)
                lane.release()

    async def _watch(self, address: str, lane: asyncio.Semaphore) -> None:
        """Remembers an address that hangs; its send gives way to those of the quick lane."""
        await asyncio.sleep(self._hangs_after)
        self._hung[address] = None
        if len(self._hung) > MOST_REMEMBERED:
            del self._hung[next(iter(self._hung))]
        if lane is self._quick:
            lane.release()

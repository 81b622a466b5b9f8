"""Turns at heavy work: so many at a time, of each account and of all.

Heavy work is what one call can keep a processor busy with for seconds. Without turns a few such
calls would make everybody else wait.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from law.errors import LawError

RETRY_SECONDS = 5


class Busy(LawError):
    """Too much of this is being done at the same time; try again in a moment.

    Raised for work that would have to wait too long for its turn.
    """

    reason = "BUSY"
    message_zh = "同时办理的此类事项过多，请稍后再试"


class Turns:
    """Lets `at_once` pieces of work run at a time; further ones wait, at most `waiting` of them.

    Of one account at most `of_one` pieces run or wait.
    """

    def __init__(self, at_once: int, *, of_one: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(at_once)
        self._most, self._of_one = at_once + waiting, of_one
        self._inside: Counter[str | None] = Counter()

    @asynccontextmanager
    async def take(self, account: str | None) -> AsyncIterator[None]:
        """Holds a turn of an account, once it comes; without account, it counts among all alone.

        Raises Busy, with the seconds after which to try again, if too many wait already.
        """
        enough = account is not None and self._inside[account] >= self._of_one
        if enough or self._inside.total() >= self._most:
            raise Busy(retry_after_seconds=str(RETRY_SECONDS))
        self._inside[account] += 1
        try:
            async with self._free:
                yield
        finally:
            self._leave(account)

    def _leave(self, account: str | None) -> None:
        self._inside[account] -= 1
        if not self._inside[account]:
            del self._inside[account]

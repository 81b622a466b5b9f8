"""A value that pages ask for often: asked of a service once, and kept for a while."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Remembered(Generic[T]):
    """A value kept for `seconds`; several pages that ask at once wait for one answer.

    Only for what every visitor may see.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._kept: tuple[T, float] | None = None
        self._asking = asyncio.Lock()

    async def get(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Returns the value, which `ask` reads anew if it is too old."""
        async with self._asking:
            if self._kept is None or time.monotonic() >= self._kept[1]:
                self._kept = (await ask(), time.monotonic() + self._seconds)
            return self._kept[0]

    def forget(self) -> None:
        """Makes the next page ask anew."""
        self._kept = None

"""Runs long work beside the event loop that answers calls, so that nobody's call waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


async def aside(work: Callable[[], Awaitable[T]]) -> T:
    """Runs `work` in a thread with an event loop of its own; returns its result.

    What belongs to the loop of the caller, such as database connections and channels, must not be
    used in `work`. If the caller is cancelled, `work` is cancelled and waited for.
    """
    run = _Run(work)
    thread = asyncio.ensure_future(asyncio.to_thread(run))
    try:
        return await asyncio.shield(thread)
    except asyncio.CancelledError:
        run.cancel()
        await asyncio.wait([thread])
        raise


class _Run(Generic[T]):
    def __init__(self, work: Callable[[], Awaitable[T]]) -> None:
        self._work = work
        self._cancelled = False
        self._running: tuple[asyncio.AbstractEventLoop, asyncio.Task[T]] | None = None

    def __call__(self) -> T:
        return asyncio.run(self._run())

    async def _run(self) -> T:
        task = asyncio.ensure_future(self._work())
        self._running = asyncio.get_running_loop(), task
        if self._cancelled:
            task.cancel()
        return await task

    def cancel(self) -> None:
        """Cancels the work, from another thread."""
        self._cancelled = True
        if self._running is not None:
            loop, task = self._running
            if not loop.is_closed():
                loop.call_soon_threadsafe(task.cancel)

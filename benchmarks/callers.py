"""Callers who share out a number of calls, for benchmarks in any environment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any


async def by_callers(number: int, callers: int, call: Callable[[int], Awaitable[Any]]) -> None:
    """Makes the calls 0 to `number`, by so many callers of whom each waits for its answer."""
    numbers = iter(range(number))

    async def caller() -> None:
        for one in numbers:
            await call(one)

    await asyncio.gather(*(caller() for _ in range(callers)))

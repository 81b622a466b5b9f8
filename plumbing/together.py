"""Does the same for each of many things, a bounded number of them at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

AT_ONCE = 16
Thing = TypeVar("Thing")
Result = TypeVar("Result")


async def together(
    things: Iterable[Thing], work: Callable[[Thing], Awaitable[Result]]
) -> list[Result]:
    """Does the work for up to 16 things at a time; returns the results in the order of the things.

    After an error no further thing is begun, and the error is raised.
    """
    waiting, results = enumerate(things), dict[int, Result]()

    async def take() -> None:
        for place, thing in waiting:
            results[place] = await work(thing)

    takers = [asyncio.ensure_future(take()) for _ in range(AT_ONCE)]
    try:
        await asyncio.gather(*takers)
    finally:
        for taker in takers:
            taker.cancel()
        await asyncio.wait(takers)
    return [results[place] for place in sorted(results)]

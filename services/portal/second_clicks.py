"""Second clicks on a button that works only once: they get the answer of the first click.

A browser that sends a form twice shows the second answer only. For a step of a sign-in that would
be a failure beside the success, since a code counts once.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from starlette.responses import Response

SECONDS = 10.0
REMEMBERED = 1000


class SecondClicks:
    """Keeps the answers of the last seconds, in memory, by a hash of what was sent."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._answers: OrderedDict[str, tuple[float, asyncio.Task[Response]]] = OrderedDict()

    async def answer(self, sent: str, make: Callable[[], Awaitable[Response]]) -> Response:
        """Returns the answer of `make`, or the one to the same text sent within ten seconds.

        `sent` names the visitor by a secret and contains everything that the form has. What `make`
        raises is raised for both clicks.
        """
        self._forget()
        key = hashlib.sha256(sent.encode()).hexdigest()
        if key not in self._answers:
            task = asyncio.ensure_future(_awaited(make))
            self._answers[key] = (self._now() + SECONDS, task)
        return await asyncio.shield(self._answers[key][1])

    def _forget(self) -> None:
        while self._answers:
            key, (ends, _) = next(iter(self._answers.items()))
            if ends > self._now() and len(self._answers) < REMEMBERED:
                return
            del self._answers[key]


async def _awaited(make: Callable[[], Awaitable[Response]]) -> Response:
    return await make()

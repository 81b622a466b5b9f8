"""Shows how far long work has come: a service does it and holds its state, the portal relays it.

The page of the work has a bar, which server-sent events move. Whoever leaves the page and comes
back finds the work where it is; without JavaScript the page has a link that loads it again.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response, StreamingResponse

from plumbing.client import Refusal
from services.portal.sessions import COOKIE
from services.portal.visit import Visit

ASK_EVERY_SECONDS = 0.5
SAY_SOMETHING_SECONDS = 15.0  # so that no proxy thinks the line is dead
LONGEST_SECONDS = 600.0  # then the browser asks anew, with a fresh token


@dataclass(frozen=True)
class Progress:
    """How far long work has come: a sentence, and the part that is done; `total` 0 if unknown."""

    words: str
    done: int = 0
    total: int = 0
    ended: bool = False

    @property
    def event(self) -> bytes:
        """The server-sent event that tells a browser about it."""
        name = "ended" if self.ended else "progress"
        values = {"words": self.words, "done": self.done, "total": self.total}
        return f"event: {name}\ndata: {json.dumps(values, ensure_ascii=False)}\n\n".encode()


Ask = Callable[[], Awaitable[Progress]]


async def events(visit: Visit, ask_now: Ask) -> Response:
    """Returns the events of long work, until it has ended, the visitor signs out or leaves.

    They end as well when the portal stops, or after ten minutes.
    """
    now = await ask_now()  # a refusal gets its status before the events begin
    return StreamingResponse(
        _events(visit, ask_now, now),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},  # nginx must not collect them
    )


async def _events(visit: Visit, ask_now: Ask, now: Progress) -> AsyncIterator[bytes]:
    ends = time.monotonic() + LONGEST_SECONDS
    yield now.event
    said, said_at = now, time.monotonic()
    while not said.ended and time.monotonic() < ends and not await _is_stopped(visit):
        try:
            now = await ask_now()
        except Refusal:
            return  # the browser asks anew and is told
        if now != said:
            yield now.event
            said, said_at = now, time.monotonic()
        elif time.monotonic() - said_at > SAY_SOMETHING_SECONDS:
            yield b": still at it\n\n"
            said_at = time.monotonic()


async def _is_stopped(visit: Visit) -> bool:
    """Waits a moment; whether the portal stops, or the visitor has signed out by then."""
    try:
        async with asyncio.timeout(ASK_EVERY_SECONDS):
            await visit.portal.stopping.wait()
    except TimeoutError:
        cookie = visit.request.cookies.get(COOKIE, "")
        return await visit.portal.sessions.find(cookie) is None
    return True

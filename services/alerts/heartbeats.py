"""Tells Temporal that a delivery goes on: a slow receiver is no dead worker."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from temporalio import activity

HEARTBEAT_SECONDS = 20.0


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Tells Temporal again and again that the work of a block goes on; it may take ten minutes."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    beating = asyncio.create_task(beat())
    try:
        yield
    finally:
        beating.cancel()

"""Waits until a platform is at rest, for benchmarks that must not measure what came before."""

from __future__ import annotations

import asyncio
import time

from services.cli.machine.platform import Platform

# At rest is a platform whose processes used less than this part of a core for so many seconds.
SECONDS, PART_OF_A_CORE, WITHIN_SECONDS = 5.0, 0.15, 1800.0


def spent(platform: Platform) -> dict[str, float]:
    """The processor time that each process has used, in seconds."""
    return {name: process.cpu_seconds for name, process in platform.processes.items()}


async def at_rest(platform: Platform) -> None:
    """Waits until no process does anything by itself, such as starting workflows, for a while.

    Raises RuntimeError if it does not come to rest within half an hour.
    """
    ends, busy = time.monotonic() + WITHIN_SECONDS, SECONDS
    while busy > SECONDS * PART_OF_A_CORE:
        if time.monotonic() > ends:
            raise RuntimeError("the platform does not come to rest")
        before = spent(platform)
        await asyncio.sleep(SECONDS)
        busy = sum(spent(platform).values()) - sum(before.values())

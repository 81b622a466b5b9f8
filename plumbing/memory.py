"""Memory that is free is given back to the system.

The C library keeps memory that was freed between pieces still in use. After a flood of large
messages a process would hold their memory until it ends.
"""

from __future__ import annotations

import asyncio
import ctypes

EVERY_SECONDS = 10.0


async def give_back() -> None:
    """Gives free memory back every EVERY_SECONDS, where the C library can (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        if trim is not None:
            await asyncio.to_thread(trim, 0)

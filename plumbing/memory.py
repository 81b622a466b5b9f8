"""Memory that is free is given back to the system, and what long work holds is not searched anew.

The C library keeps memory that was freed between pieces still in use. After a flood of large
messages a process would hold their memory until it ends.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager

EVERY_SECONDS = 10.0


async def give_back() -> None:
    """Gives free memory back every EVERY_SECONDS, where the C library can (glibc)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    while True:
        await asyncio.sleep(EVERY_SECONDS)
        if trim is not None:
            await asyncio.to_thread(trim, 0)


@contextmanager
def unsearched() -> Iterator[None]:
    """Makes the garbage collector pass over the objects that exist now, until the end.

    Otherwise, while a large file is in memory, each full collection would stop every thread of the
    process for long, again and again.
    """
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()

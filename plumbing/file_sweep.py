"""The daily round in which files are deleted that uploads left behind and no row names."""

from __future__ import annotations

import asyncio

import structlog

from plumbing.clock import Clock
from plumbing.database_away import DATABASE_AWAY
from plumbing.files import Files, Known

EVERY_SECONDS = 24 * 3600.0
log = structlog.get_logger()


class FileSweep:
    """Sweeps the store of a service; several replicas may do so at once.

    `named` returns which of some SHA-256 values a row names. `clock` is the machine's, not that of
    a sandbox.
    """

    def __init__(self, files: Files, named: Known, clock: Clock) -> None:
        self._files, self._named, self._clock = files, named, clock

    async def run(self) -> None:
        """Sweeps once a day until cancelled."""
        while True:
            try:
                swept = await self._files.sweep(self._named, self._clock)
                if swept:
                    log.info("files.swept", files=swept)
            except DATABASE_AWAY as error:  # or the store: nothing is lost by waiting
                log.warning("files.sweep_failed", error=str(error))
            await asyncio.sleep(EVERY_SECONDS)

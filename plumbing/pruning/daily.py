"""Prunes once a day: each part of a service's old rows, with one audit entry for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import NoReturn

import nats.errors
import structlog

from plumbing.change import Changes
from plumbing.database_away import DATABASE_AWAY
from plumbing.identity import service_caller
from plumbing.metrics.counted import ROWS_PRUNED
from plumbing.pruning.portions import Paused

FIRST_AFTER_SECONDS = 60.0  # a service that starts has other things to do
LOOK_EVERY_SECONDS = 600.0
PAUSE_SECONDS = 0.2  # between two portions, so that others can write
_LOG = structlog.get_logger()

# Removes old rows; returns how many, by table.
Prune = Callable[[Paused], Awaitable[Mapping[str, int]]]


class DailyPruner:
    """Runs the given functions each day; what one of them could not do waits for the next look."""

    def __init__(self, changes: Changes, service: str, prunes: Sequence[Prune]) -> None:
        self._changes, self._caller = changes, service_caller(service)
        self._prunes = prunes
        self._done: date | None = None

    async def run(self) -> NoReturn:
        """Prunes until cancelled, once on each day of the platform's clock."""
        await asyncio.sleep(FIRST_AFTER_SECONDS)
        while True:
            today = self._changes.clock.today()
            if today != self._done:
                try:
                    await self.round()
                    self._done = today
                except (nats.errors.Error, *DATABASE_AWAY) as error:
                    _LOG.warning("not pruned, tried again later", error=repr(error))
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def round(self) -> dict[str, int]:
        """Prunes once; returns how many rows were removed, by table, of those with any.

        Raises the errors of NATS and of the database.
        """
        removed: dict[str, int] = {}
        for prune in self._prunes:
            removed |= {table: rows for table, rows in (await prune(_pause)).items() if rows}
        if removed:
            async with self._changes.change(self._caller) as change:
                change.audit("prune", "old-rows", after=removed)
        for table, rows in removed.items():
            ROWS_PRUNED.labels(table).inc(rows)
        return removed


async def _pause() -> None:
    await asyncio.sleep(PAUSE_SECONDS)

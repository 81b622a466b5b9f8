"""Writes the access log: collects entries and stores them in groups, and removes old ones.

A call only adds its entry to a group in memory. Equal entries of a group become one that counts
them, so that a flood of refusals writes a few rows a second. The group is stored each second and
when the process ends; if the database is away, the entries wait, and then so do the calls.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlmodel import col, select

from plumbing.access.entry import Access, AccessEntry
from plumbing.clock import Clock
from plumbing.database import Database, connection_of
from plumbing.database_away import DATABASE_AWAY

WRITE_EVERY_SECONDS = 1.0
PRUNE_EVERY_SECONDS = 3600.0
PAUSE_SECONDS = 0.2  # between two portions, so that others can write
PORTION = 1000
LARGEST_GROUP = 2000
# What makes two entries of a group one.
_EQUAL = (
    "kind", "account_id", "name", "on_behalf_of", "method", "object", "code", "source", "client",
)  # fmt: skip
log = structlog.get_logger()


class AccessLog:
    """The access log of one service, which keeps entries for the time `kept`."""

    def __init__(self, database: Database, clock: Clock, kept: timedelta) -> None:
        self._database, self._clock, self._kept = database, clock, kept
        self._group: dict[tuple[Any, ...], Access] = {}
        self._writing = asyncio.Lock()

    async def note(self, entry: Access) -> None:
        """Adds an entry; waits only if the group is full, and raises if it cannot be stored then.

        In a full group, calls of nobody known are told apart by method alone: so a flood from
        many addresses stores little.
        """
        if len(self._group) >= LARGEST_GROUP:
            if entry.account_id:
                await self.write()
            else:
                entry.name = entry.source = entry.client = ""
        key = tuple(getattr(entry, name) for name in _EQUAL)
        known = self._group.setdefault(key, entry)
        if known is not entry:
            _add(known, entry)

    async def write(self) -> None:
        """Stores the group. Raises the error of a database that is away, and keeps the group."""
        async with self._writing:
            group, self._group = self._group, {}
            if not group:
                return
            try:
                async with self._database.transaction() as session:
                    rows = [vars(entry) for entry in group.values()]
                    await (await connection_of(session)).execute(sa.insert(AccessEntry), rows)
            except BaseException:
                self._take_back(group)
                raise

    def _take_back(self, group: dict[tuple[Any, ...], Access]) -> None:
        newer, self._group = self._group, group
        for key, entry in newer.items():
            known = self._group.setdefault(key, entry)
            if known is not entry:
                _add(known, entry)

    async def run(self) -> None:
        """Stores the group each second, until cancelled; tries again while the database is away."""
        while True:
            await asyncio.sleep(WRITE_EVERY_SECONDS)
            await self.try_to_write()

    async def try_to_write(self) -> None:
        """Stores the group; while the database is away it says so in the log, and keeps the group.

        A process that ends then loses what it has not stored.
        """
        try:
            await self.write()
        except DATABASE_AWAY as error:
            log.warning("access.not_written", error=type(error).__name__)

    async def keep_short(self) -> None:
        """Removes what is older than it is kept, each hour, until cancelled."""
        while True:
            removed = 0
            try:
                removed = await self.prune()
            except DATABASE_AWAY as error:
                log.warning("access.not_pruned", error=type(error).__name__)
            await asyncio.sleep(PAUSE_SECONDS if removed else PRUNE_EVERY_SECONDS)

    async def prune(self) -> int:
        """Removes up to 1000 entries that are older than they are kept; returns how many."""
        entry_id, before = col(AccessEntry.entry_id), self._clock.now() - self._kept
        old = select(AccessEntry.entry_id).where(col(AccessEntry.at) < before).limit(PORTION)
        async with self._database.snapshot() as session:
            ids = (await session.exec(old)).all()
        if ids:
            async with self._database.transaction() as session:
                await session.exec(sa.delete(AccessEntry).where(entry_id.in_(ids)))
        return len(ids)


def _add(known: Access, entry: Access) -> None:
    known.at = entry.at
    known.times += entry.times
    known.rows += entry.rows

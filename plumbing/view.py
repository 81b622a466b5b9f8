"""One consistent view for reading: the counterpart of `plumbing.change`.

A query is `async def query(view, request) -> response`. It reads through `view.session`, shows
only what `view.caller` may see, and changes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing.clock import Clock, local_date
from plumbing.database import Database
from plumbing.identity import Caller


@dataclass(frozen=True)
class View:
    """Who reads, at which moment, and in which snapshot of the database."""

    session: AsyncSession
    caller: Caller
    at: datetime

    @property
    def today(self) -> date:
        """The day in Asia/Shanghai on which the caller reads."""
        return local_date(self.at)


@asynccontextmanager
async def open_view(database: Database, clock: Clock, caller: Caller) -> AsyncIterator[View]:
    """Opens a snapshot in which the caller reads."""
    async with database.snapshot() as session:
        yield View(session, caller, clock.now())

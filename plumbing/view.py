"""Consistent read-only views of the database; the counterpart of `plumbing.change`.

A query is `async def query(view, request) -> response`. It reads through `view.session`, returns
only data that `view.caller` may see, and changes nothing.
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
    """A read in progress: the database snapshot, the caller, and the time of the read."""

    session: AsyncSession
    caller: Caller
    at: datetime

    @property
    def today(self) -> date:
        """The date in Asia/Shanghai at the time of the read."""
        return local_date(self.at)


@asynccontextmanager
async def open_view(database: Database, clock: Clock, caller: Caller) -> AsyncIterator[View]:
    """Opens a database snapshot and yields a `View` from which the caller reads."""
    async with database.snapshot() as session:
        yield View(session, caller, clock.now())

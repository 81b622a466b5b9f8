"""Starts the deliveries that wait: notices that were issued while no mail server was set."""

from __future__ import annotations

import asyncio
from typing import NoReturn

import structlog
from sqlmodel import col, select

from plumbing.database import Database
from plumbing.database_away import DATABASE_AWAY
from plumbing.grpc_errors import Away
from services.alerts.tables import Notice, NoticeState
from services.alerts.timers import Timers

AGAIN_SECONDS = 5.0
log = structlog.get_logger()


class Waiting:
    """The pending notices at the start of the service; with a mail server they are delivered."""

    def __init__(
        self, database: Database, timers: Timers, smtp_url: str, again: float = AGAIN_SECONDS
    ) -> None:
        self._database, self._timers = database, timers
        self._smtp_url, self._again = smtp_url, again

    async def run(self) -> NoReturn:
        """Requests the delivery of every pending notice once, if a mail server is set.

        Runs in the background from the start of the process and never returns. A notice that is
        under way is not sent twice, because its one workflow delivers it.
        """
        while self._smtp_url:
            try:
                await self.deliver()
                break
            except (Away, *DATABASE_AWAY) as error:
                log.info("deliveries.waiting", error=str(error)[:200])
                await asyncio.sleep(self._again)
        await asyncio.Event().wait()  # a background task never returns
        raise AssertionError

    async def deliver(self) -> None:
        """Requests the delivery of every pending notice."""
        pending = select(Notice.notice_id).where(col(Notice.state) == NoticeState.PENDING)
        async with self._database.snapshot() as session:
            notices = (await session.exec(pending)).all()
        for notice_id in notices:
            await self._timers.deliver(notice_id)

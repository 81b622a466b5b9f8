"""Finds the queries that a page of the portal makes, and asks them again without the page.

The portal's own application runs in this process, with stubs that note each call. What they noted
is asked again over the same kind of channel, with the same person's token, one after the other as
far as the page waited for one before it asked the next.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2 as httpx

from plumbing import migrations
from plumbing.clock import SystemClock
from plumbing.database import Database
from plumbing.ended_sessions import EndedSessions
from plumbing.settings import PORTAL, Settings
from services.portal.app import application
from services.portal.clients import Services, VisitorToken
from services.portal.exports import Exports
from services.portal.provider import Provider
from services.portal.second_clicks import SecondClicks
from services.portal.sessions import Sessions
from services.portal.sign_ins import SignIns
from services.portal.submissions import Submissions
from services.portal.visit import Portal

Query = Callable[[], Awaitable[Any]]


@dataclass
class Noted:
    """The queries of a page, in rounds: those of a round were asked while none had an answer."""

    rounds: list[list[Query]] = field(default_factory=list)
    answered: bool = True  # something was, since the last one was asked

    def asked(self, query: Query) -> None:
        """Notes a query."""
        if self.answered:
            self.rounds.append([])
        self.answered = False
        self.rounds[-1].append(query)

    @property
    def number(self) -> int:
        """How many queries there are."""
        return sum(map(len, self.rounds))

    async def ask_again(self) -> None:
        """Asks the same queries, round by round; the token is that of the context."""
        for some in self.rounds:
            await asyncio.gather(*(query() for query in some), return_exceptions=True)


class _NotingStub:
    """A stub of a service that notes each call."""

    def __init__(self, stub: Any, note: Callable[[], Noted]) -> None:
        self._stub, self._note = stub, note

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        method = getattr(self._stub, name)

        async def call(request: Any, **options: Any) -> Any:
            noted = self._note()
            noted.asked(lambda: method(request, **options))
            try:
                return await method(request, **options)
            finally:
                noted.answered = True

        return call


class PortalInside:
    """The portal's application in this process, on the services of a running platform."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self._folder = settings, folder
        self._noted = Noted()

    async def open(self, exits: AsyncExitStack) -> None:
        """Makes the application, with sessions of its own."""
        settings, clock = self._settings, SystemClock()
        database = Database(f"sqlite+aiosqlite:///{self._folder / 'inside.db'}")
        exits.push_async_callback(database.close)
        await migrations.upgrade(database, PORTAL)
        visitor = VisitorToken(settings, clock)
        services = Services(settings, visitor.own)
        exits.push_async_callback(services.close)
        self._note_calls_of(services)
        sessions = Sessions(database, clock, idle=timedelta(hours=1), longest=timedelta(hours=1))
        portal = Portal(
            settings,
            services,
            sessions,
            visitor,
            SignIns(database, clock),
            Submissions(database, clock),
            Exports(database, clock),
            SecondClicks(database, clock),
            Provider.of(settings),
            EndedSessions(visitor.identity),
        )
        self.transport = httpx.ASGITransport(application(portal, clock))

    def _note_calls_of(self, services: Services) -> None:
        for name, stub in vars(services).items():
            if type(stub).__name__.endswith("Stub"):
                setattr(services, name, _NotingStub(stub, lambda: self._noted))

    async def queries_of(self, browser: httpx.AsyncClient, address: str) -> Noted:
        """Opens a page and returns the queries that it made."""
        self._noted = noted = Noted()
        (await browser.get(address)).raise_for_status()
        self._noted = Noted()  # for what comes next
        return noted

"""The people of a campaign, whose calls find the platform again wherever it has come back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from plumbing.client import ask
from plumbing.clock import SystemClock
from plumbing.identity import Caller, Role
from plumbing.settings import Settings
from plumbing.tokens import Signer, make_keys
from services.cli.client import Client, fixed_token
from tests.chaos.stage import Stage

BUREAU = "330106"
CALL_SECONDS = 8.0
TOKEN_SECONDS = 300  # after which everybody gets a new token
Call = Callable[[Client], Awaitable[Any]]

CLERK = Caller("clerk", "clerk", frozenset({Role.CASEWORKER}), BUREAU)
HEAD = Caller("head", "head", frozenset({Role.UNIT_HEAD}), BUREAU)
ADMINISTRATOR = Caller("keeper", "keeper", frozenset({Role.ADMINISTRATOR}), "330000")


class Away(Exception):
    """The platform does not run, so nobody can be asked."""


class People:
    """Makes the calls of everybody; a platform that started anew has other addresses."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._clients: dict[str, Client] = {}
        self._former: list[Client] = []  # on which calls may still be under way
        self._found: object = None

    async def ask(self, caller: Caller, call: Call) -> Any:
        """Makes one call, at most CALL_SECONDS long; raises Refusal, TimeoutError or Away."""
        client = self.client(caller)
        async with asyncio.timeout(CALL_SECONDS):
            return await ask(call(client))

    def client(self, caller: Caller) -> Client:
        """The client of a person at the present addresses; raises Away if there are none."""
        settings = self._stage.settings
        if settings is None:
            raise Away
        found = settings.model_dump(), int(time.monotonic() / TOKEN_SECONDS)
        if self._found != found:
            self._former += self._clients.values()
            self._clients, self._found = {}, found
        if caller.account_id not in self._clients:
            token = fixed_token(_token(settings, caller))
            self._clients[caller.account_id] = Client(settings, token)
        return self._clients[caller.account_id]

    async def close(self) -> None:
        """Closes every connection."""
        for client in (*self._clients.values(), *self._former):
            await client.close()


def _token(settings: Settings, caller: Caller) -> str:
    signer = Signer(make_keys(settings.keys_dir, ()), SystemClock(), settings.token_life)
    return signer.issue(caller)[0]

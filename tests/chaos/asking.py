"""Sends a request until it is answered, and notes the answer in the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from random import Random
from typing import Any

import grpc
from google.protobuf.message import Message

from plumbing.client import Refusal
from plumbing.identity import Caller
from services.cli.client import Client
from tests.chaos.ledger import Answer, Ledger, Operation
from tests.chaos.people import Away, People

PATIENCE = 12  # attempts, after which an operation is given up without an answer
GIVEN_UP = 0.05  # of the attempts that failed: nobody asks again
REPEATED = 0.1  # of the answers: the same request is sent once more
# What a part of the platform that is away, busy, starting or out of room may answer.
PASSING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.ABORTED,
        grpc.StatusCode.CANCELLED,
    }
)
_FAULTS = frozenset({grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN})
Call = Callable[[Client], Awaitable[Any]]


class Asker:
    """Asks for everybody; a share `given_up` of the attempts that fail is not repeated."""

    def __init__(
        self,
        people: People,
        ledger: Ledger,
        random: Random,
        *,
        patience: int = PATIENCE,
        given_up: float = GIVEN_UP,
    ) -> None:
        self._people, self._ledger, self._random = people, ledger, random
        self._patience, self._given_up = patience, given_up

    def surprise(self, told: str) -> None:
        """Notes an answer that nothing explains."""
        self._ledger.surprises.append(told)

    async def do(
        self,
        kind: str,
        key: str,
        caller: Caller,
        request: Message,
        method: Callable[[Client], Any],
        identity: Callable[[Any], str] = lambda _: "",
    ) -> Any:
        """Sends a request until it is answered; returns the answer, or None without one."""

        def call(client: Client) -> Any:
            return method(client)(request)

        answer, reason = await self._answered(caller, call)
        if answer is None:
            how = Answer.REFUSED if reason else Answer.UNKNOWN
            self._ledger.note(Operation(kind, key, how, reason=reason))
            return None
        self._ledger.note(Operation(kind, key, Answer.ACKNOWLEDGED, identity(answer)))
        if self._random.random() < REPEATED:
            again, _ = await self._answered(caller, call)
            if again is not None and identity(again) != identity(answer):
                self._ledger.surprises.append(f"{kind} {key}: repeated, another answer")
        return answer

    async def _answered(self, caller: Caller, call: Call) -> tuple[Any, str]:
        """The answer of a call, or why it was refused; neither if nobody answers."""
        for attempt in range(self._patience):
            try:
                return await self._people.ask(caller, call), ""
            except Refusal as refusal:
                if refusal.code in _FAULTS:
                    self._ledger.surprises.append(f"{caller.name}: {refusal}")
                elif refusal.code not in PASSING:
                    return None, refusal.reason
            except (Away, TimeoutError):
                pass
            if self._random.random() < self._given_up:
                break
            await asyncio.sleep(min(0.2 * 2**attempt, 3.0))
        return None, ""

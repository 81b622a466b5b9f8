"""One transaction per change: the state, the event and the audit entry, or none of them.

A command is `async def command(change, request) -> response`. It changes rows through
`change.session`, reports the change with `change.announce` and `change.audit`, and raises a
`LawError` to undo everything. A repeated request gets its first response.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol, TypeVar

from google.protobuf.message import Message
from sqlalchemy.exc import DBAPIError
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import AlreadyExists
from plumbing import audit
from plumbing.clock import Clock, local_date
from plumbing.database import Database, PlumbingTable, overtaken
from plumbing.events import outbox
from plumbing.events.envelope import M, Received
from plumbing.identity import Caller, service_caller
from plumbing.metrics.counted import CHANGE_RETRIES
from plumbing.tracing import current_cause

TRIES = 4  # of one change that conflicts with others


class Repeatable(Protocol):
    """A request with an id, which makes it safe to repeat."""

    request_id: str
    DESCRIPTOR: Any

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802


Request = TypeVar("Request", bound=Repeatable)
Response = TypeVar("Response", bound=Message)


class AnsweredRequest(PlumbingTable, table=True):
    """A request that was carried out, with its response."""

    __tablename__ = "answered_request"

    actor: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    method: str
    digest: str
    response: bytes
    at: datetime


@dataclass
class Change:
    """A change in progress: who makes it, when, and in which transaction."""

    session: AsyncSession
    caller: Caller
    at: datetime
    audited: bool = field(default=False, init=False)
    _announced: bool = field(default=False, init=False)

    @property
    def today(self) -> date:
        """The day in Asia/Shanghai on which the change is made."""
        return local_date(self.at)

    @property
    def on_behalf_of(self) -> str:
        """The account of the person who acts, also when a service acts for that person."""
        return self.caller.on_behalf_of or self.caller.account_id

    async def announce(self, event: Message, *, aggregate: str, bureau: str) -> None:
        """Writes an event to the outbox. Raises what `outbox.record` raises."""
        self._announced = True
        await outbox.record(
            self.session,
            event,
            aggregate=aggregate,
            bureau=bureau,
            at=self.at,
            on_behalf_of=self.on_behalf_of,
            cause=current_cause(),
        )

    def audit(
        self,
        action: str,
        object_: str,
        *,
        before: dict[str, Any] | None = None,
        after: dict[str, Any] | None = None,
        ground: str = "",
    ) -> None:
        """Records the change in the audit chain; `ground` is the legal ground."""
        self.audited = True
        audit.enter(
            self.session,
            self.caller,
            self.at,
            action,
            object_,
            before=before,
            after=after,
            ground=ground,
        )

    def require_audited(self) -> None:
        """Raises AssertionError for a change that announces something without auditing it."""
        if self._announced and not self.audited:
            raise AssertionError("A change was announced but not audited")


class Changes:
    """Makes changes in one service's database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock

    @asynccontextmanager
    async def change(self, caller: Caller) -> AsyncIterator[Change]:
        """Opens a transaction in which the caller changes something."""
        async with self.database.transaction() as session:
            change = Change(session, caller, self.clock.now())
            yield change
            change.require_audited()

    async def once(
        self,
        caller: Caller,
        request: Request,
        command: Callable[[Change, Request], Awaitable[Response]],
        response_type: type[Response],
    ) -> Response:
        """Carries out a command, or returns the response to the same request before.

        Raises AlreadyExists if the request id was used for another request. If another change
        conflicts, the command is repeated in a new transaction.
        """
        for left in reversed(range(TRIES)):
            try:
                return await self._once(caller, request, command, response_type)
            except DBAPIError as error:
                # Of two changes at once, one was committed. The repetition finds its result: the
                # response to the same request, or the row that may exist only once.
                if not left or not overtaken(error):
                    raise
                CHANGE_RETRIES.inc()
        raise AssertionError("A change is tried at least once")

    async def _once(
        self,
        caller: Caller,
        request: Request,
        command: Callable[[Change, Request], Awaitable[Response]],
        response_type: type[Response],
    ) -> Response:
        async with self.change(caller) as change:
            if answer := await _answered(change.session, caller, request, response_type):
                return answer
            response = await command(change, request)
            change.session.add(
                AnsweredRequest(
                    actor=caller.account_id,
                    request_id=request.request_id,
                    method=request.DESCRIPTOR.full_name,
                    digest=_digest(request),
                    response=response.SerializeToString(),
                    at=change.at,
                )
            )
            return response


async def _answered(
    session: AsyncSession, caller: Caller, request: Request, response_type: type[Response]
) -> Response | None:
    row = await session.get(AnsweredRequest, (caller.account_id, request.request_id))
    if row is None:
        return None
    if (row.method, row.digest) != (request.DESCRIPTOR.full_name, _digest(request)):
        raise AlreadyExists(
            "该请求编号已用于另一项请求",
            "This request id was used for another request",
            request_id=request.request_id,
        )
    return response_type.FromString(row.response)


def _digest(request: Repeatable) -> str:
    # The digest is stored, and a short password could be guessed from it: passwords are left out.
    copy: Any = type(request)()
    copy.CopyFrom(request)
    for name in request.DESCRIPTOR.fields_by_name:
        if "password" in name:
            copy.ClearField(name)
    return hashlib.sha256(copy.SerializeToString(deterministic=True)).hexdigest()


Handler = Callable[[Change, Received[M]], Awaitable[None]]


def applying(
    service: str, clock: Clock, handler: Handler[M]
) -> Callable[[AsyncSession, Received[M]], Awaitable[None]]:
    """Turns a handler into the `apply` of an inbox.

    The handler acts as the service, for the account that caused the event.
    """

    async def apply(session: AsyncSession, received: Received[M]) -> None:
        caller = service_caller(service, received.on_behalf_of)
        change = Change(session, caller, clock.now())
        await handler(change, received)
        change.require_audited()

    return apply

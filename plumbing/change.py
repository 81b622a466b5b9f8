"""Changes to a service's database: rows, events and audit entries in one transaction.

A command is `async def command(change, request) -> response`. It changes rows through
`change.session`, reports the change with `change.announce` and `change.audit`, and raises a
`LawError` to undo all of these. A repeated request gets the response to the first one.
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
    """A protobuf request with an id, so that sending it again has no second effect."""

    request_id: str
    DESCRIPTOR: Any

    def SerializeToString(self, *, deterministic: bool = ...) -> bytes: ...  # noqa: N802


Request = TypeVar("Request", bound=Repeatable)
Response = TypeVar("Response", bound=Message)


class AnsweredRequest(PlumbingTable, table=True):
    """A database row that stores an executed request and its response."""

    __tablename__ = "answered_request"

    actor: str = Field(primary_key=True)
    request_id: str = Field(primary_key=True)
    method: str
    digest: str
    response: bytes
    at: datetime


@dataclass
class Change:
    """A change in progress: the open transaction, the caller, and the time of the change."""

    session: AsyncSession
    caller: Caller
    at: datetime
    audited: bool = field(default=False, init=False)
    _announced: bool = field(default=False, init=False)

    @property
    def today(self) -> date:
        """The date in Asia/Shanghai at the time of the change."""
        return local_date(self.at)

    @property
    def on_behalf_of(self) -> str:
        """The account for which a service makes the change; otherwise the caller's own account."""
        return self.caller.on_behalf_of or self.caller.account_id

    async def announce(self, event: Message, *, aggregate: str, bureau: str) -> None:
        """Writes an event to the outbox, in the transaction of the change.

        Raises the errors of `outbox.record`.
        """
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
        """Adds an audit entry about this change; `ground` is the legal ground of the change."""
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
        """Raises AssertionError if the change announced an event but added no audit entry."""
        if self._announced and not self.audited:
            raise AssertionError("A change was announced but not audited")


class Changes:
    """Runs commands in transactions of one service's database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self.database, self.clock = database, clock

    @asynccontextmanager
    async def change(self, caller: Caller) -> AsyncIterator[Change]:
        """Opens a database transaction and yields a `Change` that is made by the caller.

        Raises AssertionError at the end if an event was announced without an audit entry.
        """
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
        """Runs a command once per request id; a repeated request gets the stored first response.

        Raises AlreadyExists if the caller used the request id for a different request. If the
        transaction conflicts with another one, the command is run again in a new transaction.
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
    """Wraps an event handler as the `apply` function of an `EventHandler`.

    The handler runs as the service, on behalf of the account that caused the event.
    """

    async def apply(session: AsyncSession, received: Received[M]) -> None:
        caller = service_caller(service, received.on_behalf_of)
        change = Change(session, caller, clock.now())
        await handler(change, received)
        change.require_audited()

    return apply

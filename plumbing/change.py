"""Changes to a service's database: rows, events and audit entries in one transaction.

A command is `async def command(change, request) -> response`. It changes rows through
`change.session`, reports the change with `change.announce` and `change.audit`, and raises a
`LawError` to undo all of these. A repeated request gets the response to the first one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from google.protobuf.message import Message
from sqlalchemy.exc import DBAPIError
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from plumbing import audit
from plumbing.answered_requests import Request, Response, Sent, answered, remember
from plumbing.audit import NewEntry
from plumbing.clock import Clock, local_date
from plumbing.database import Database, overtaken
from plumbing.events import outbox
from plumbing.events.envelope import M, Received
from plumbing.identity import Caller, service_caller
from plumbing.metrics.counted import CHANGE_RETRIES
from plumbing.row_digests import WrittenRows, collecting
from plumbing.tracing import current_cause

TRIES = 4  # of one change that conflicts with others


@dataclass
class Change:
    """A change in progress: the open transaction, the caller, and the time of the change.

    `written` has the digests of the rows written so far.
    """

    session: AsyncSession
    caller: Caller
    at: datetime
    _entries: list[NewEntry] = field(default_factory=list, init=False)
    written: WrittenRows = field(init=False)
    _bureaus: dict[str, str] = field(default_factory=dict, init=False)  # by announced aggregate

    def __post_init__(self) -> None:
        self.written = collecting(self.session.info)

    @property
    def today(self) -> date:
        """The date in Asia/Shanghai at the time of the change."""
        return local_date(self.at)

    @property
    def on_behalf_of(self) -> str:
        """The account for which a service makes the change; otherwise the caller's own account."""
        return self.caller.on_behalf_of or self.caller.account_id

    @property
    def audited(self) -> bool:
        """True once the change has an audit entry."""
        return bool(self._entries)

    async def announce(self, event: Message, *, aggregate: str, bureau: str) -> None:
        """Writes an event to the outbox, in the transaction of the change.

        Raises the errors of `outbox.record`.
        """
        self._bureaus[aggregate] = bureau
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
        bureau: str = "",
    ) -> None:
        """Adds an audit entry about this change; `ground` is the legal ground of the change.

        `before` and `after` are the recorded values of the object. `bureau` is the one concerned;
        by default that of the event about the object, or of the caller.
        """
        entry = audit.entry_of(
            self.caller, self.at, action, object_, before=before, after=after, ground=ground
        )
        entry.bureau = bureau
        self._entries.append(entry)

    def note_row(self, row: SQLModel) -> None:
        """Makes the audit entry cover a row as it is now, although the change does not write it."""
        self.written.note(row)

    async def finish(self) -> None:
        """Writes the audit entries, the last with digests of the rows that the change has written.

        Call it once, before the commit. Raises AssertionError if an event was announced without an
        audit entry.
        """
        if self._bureaus and not self._entries:
            raise AssertionError("A change was announced but not audited")
        await self.session.flush()
        if self.written.digests and not self._entries:
            self.audit("write_rows", "/".join(next(iter(self.written.digests))))
        for entry in self._entries:
            entry.bureau = entry.bureau or self._bureau_of(entry.object)
        await audit.write(self.session, self._entries, self.written)

    def _bureau_of(self, object_: str) -> str:
        """The bureau of the event about an object; else that of the only bureau told, or caller."""
        announced = set(self._bureaus.values())
        only = announced.pop() if len(announced) == 1 else ""
        return self._bureaus.get(object_) or only or self.caller.bureau


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
            await change.finish()

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
        sent = Sent.of(caller, request)
        for left in reversed(range(TRIES)):
            try:
                return await self._once(caller, sent, request, command, response_type)
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
        sent: Sent,
        request: Request,
        command: Callable[[Change, Request], Awaitable[Response]],
        response_type: type[Response],
    ) -> Response:
        async with self.change(caller) as change:
            if answer := await answered(change.session, sent, response_type):
                return answer
            response = await command(change, request)
            await remember(change.session, sent, response, change.at)
            return response


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
        await change.finish()

    return apply

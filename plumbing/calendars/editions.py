"""The editions of the working-day calendar that were loaded and applied, as each process has them.

The registry applies an edition and announces it. Every service that counts working days keeps it
in a table of its own, reads that at its start and again every second, and counts by it from then
on. So replicas agree, and a service that starts while the registry is away knows the same calendar.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Any, NoReturn

import grpc
import structlog
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.terms.arrangement import Arrangement
from law.terms.in_force import put_in_force
from law.terms.workdays import edition
from plumbing.change import Change
from plumbing.database import Database, JsonColumn
from plumbing.database_away import DATABASE_AWAY
from plumbing.events.envelope import Received
from plumbing.service import Findings
from protos.calendar.v1 import calendar_pb2
from protos.registry.v1.events_pb2 import CalendarEditionApplied

LOOK_EVERY_SECONDS = 1.0
log = structlog.get_logger()

Read = Callable[[], Awaitable[Sequence[Arrangement]]]


class AppliedEditionColumns(SQLModel):
    """The columns of the table in which a service keeps the editions that were applied."""

    edition_id: str = Field(primary_key=True)
    number: int
    arrangement: dict[str, Any] = Field(sa_type=JsonColumn)
    applied_at: datetime


class CalendarFollower:
    """Puts in force, in this process, the editions that `read` returns, in order."""

    def __init__(self, read: Read) -> None:
        self._read = read

    @classmethod
    def of(cls, database: Database, table: type[AppliedEditionColumns]) -> CalendarFollower:
        """Returns the follower of the editions in the table of a service."""

        async def read() -> Sequence[Arrangement]:
            async with database.snapshot() as session:
                return await applied(session, table)

        return cls(read)

    async def look(self) -> None:
        """Reads the editions once, and counts by them from now on."""
        if put_in_force(await self._read()):
            newest = edition()
            log.info("calendar.in_force", number=newest.number, document=newest.documents[-1])

    async def run(self) -> NoReturn:
        """Looks again and again, in the background; waits while there is nothing to read from."""
        while True:
            try:
                await self.look()
            except (*DATABASE_AWAY, grpc.aio.AioRpcError) as error:
                log.info("calendar.not_read", error=str(error)[:200])
            await asyncio.sleep(LOOK_EVERY_SECONDS)


async def applied(
    session: AsyncSession, table: type[AppliedEditionColumns]
) -> Sequence[Arrangement]:
    """Returns the arrangements that a service keeps, in the order in which they were applied."""
    rows = await session.exec(select(table).order_by(col(table.number)))
    return [Arrangement.from_json(row.arrangement) for row in rows]


def keeping(
    table: type[AppliedEditionColumns],
) -> Callable[[Change, Received[CalendarEditionApplied]], Awaitable[None]]:
    """Returns the event handler that keeps an applied edition in the table of a service."""

    async def keep(change: Change, received: Received[CalendarEditionApplied]) -> None:
        told = received.message.edition
        if await change.session.get(table, told.edition_id) is not None:
            return
        row = table(
            edition_id=told.edition_id,
            number=told.number,
            arrangement=arrangement_of(told.arrangement).to_json(),
            applied_at=change.at,
        )
        change.session.add(row)
        after = {"number": told.number, "document": told.arrangement.document}
        change.audit("keep_calendar", f"calendar/{told.edition_id}", after=after)

    return keep


async def hold_editions(
    database: Database, table: type[AppliedEditionColumns], findings: Findings
) -> None:
    """Adds the editions that a service keeps to its findings, so that services are compared."""
    query = select(table.edition_id, table.number)
    async with database.snapshot() as session:
        findings.hold("calendar", (await session.exec(query)).all())


def arrangement_of(message: calendar_pb2.Arrangement) -> Arrangement:
    """Reads an arrangement from its message. Raises ValueError for what is no date."""
    return Arrangement(
        year=message.year,
        document=message.document,
        title=message.title,
        published_on=date.fromisoformat(message.published_on),
        sha256=message.sha256,
        off=frozenset(map(date.fromisoformat, message.days_off)),
        work=frozenset(map(date.fromisoformat, message.make_up)),
        amends=message.amends,
    )


def arrangement_message(arrangement: Arrangement) -> calendar_pb2.Arrangement:
    """Converts an arrangement to its message."""
    return calendar_pb2.Arrangement(
        year=arrangement.year,
        document=arrangement.document,
        title=arrangement.title,
        published_on=arrangement.published_on.isoformat(),
        sha256=arrangement.sha256,
        days_off=[day.isoformat() for day in sorted(arrangement.off)],
        make_up=[day.isoformat() for day in sorted(arrangement.work)],
        amends=arrangement.amends,
    )

"""A new edition of the calendar moves the open terms of the register.

These are the terms of open orders for verification, also of those that are overdue, the terms of
missing certificates, and the windows before a publication. A window that is over stays as it was,
and so does the term of a certificate.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, NoReturn

import sqlalchemy as sa
import structlog
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.terms.arrangement import Arrangement
from law.terms.workdays import CITE, DueDate, Edition, edition
from plumbing.calendars.editions import LOOK_EVERY_SECONDS, CalendarFollower
from plumbing.calendars.servicer import OpenTerm
from plumbing.change import Change, Changes
from plumbing.clock import local_date
from plumbing.database_away import DATABASE_AWAY
from plumbing.identity import service_caller
from plumbing.view import View
from services.registry.announce_changes import announce_publications, save_verifications
from services.registry.calendars.queries import applied
from services.registry.institutions.punctuality import last_day
from services.registry.orders.moves import move_due_day
from services.registry.orders.states import OrderState
from services.registry.orders.tables import UNENDED, Order, OrderStep
from services.registry.orders.wire import term_of
from services.registry.publication.window import open_windows
from services.registry.tables import REPORTED, Instrument, Verification

log = structlog.get_logger()

LastDay = Callable[[Edition], DueDate]


async def open_terms(view: View) -> AsyncIterator[OpenTerm]:
    """Yields the open terms of the register, to be counted by another calendar."""
    for row, last in await _orders(view.session):
        label = f"{row.type_code} {row.serial_no}"
        yield OpenTerm("verification_order", row.order_id, label, row.bureau, last)
    for verification, instrument in await _awaited(view.session, view.today):
        label = f"{instrument.type_code} {instrument.serial_no}"
        last = partial(last_day, verification.verified_on)
        key, bureau = verification.verification_id, instrument.bureau
        yield OpenTerm("certificate_upload", key, label, bureau, last)
    for window in await open_windows(view.session, view.today):
        record, bureau = window.record, window.owner.bureau
        label = record.source_ref
        yield OpenTerm("publication", record.record_id, label, bureau, window.first)


class CalendarAdoption:
    """Puts applied editions in force in the registry, and moves its open terms by each."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._follower = CalendarFollower(self._applied)

    async def look(self) -> None:
        """Puts in force what was applied, and moves no term."""
        await self._follower.look()

    async def run(self) -> NoReturn:
        """Looks again and again, in the background; waits while the database is away."""
        adopted: int | None = None
        while True:
            try:
                await self._follower.look()
                newest = edition()
                if newest.number != adopted:
                    await self.adopt(newest)
                    adopted = newest.number
            except DATABASE_AWAY as error:
                log.info("calendar.waiting", error=str(error)[:200])
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    async def adopt(self, newest: Edition) -> None:
        """Counts every open term of the register again; what it does not move is left alone."""
        async with self._changes.change(service_caller("registry")) as change:
            await _move_orders(change, newest)
            await _move_certificates(change, newest)
            await _move_windows(change, newest)

    async def _applied(self) -> Sequence[Arrangement]:
        async with self._changes.database.snapshot() as session:
            return await applied(session)


async def _move_orders(change: Change, newest: Edition) -> None:
    for row, last in await _orders(change.session, lock=True):
        day, before = last(newest).date, row.due_on
        if day == before:
            continue
        object_ = f"order/{row.order_id}"
        ground = f"按{newest.documents[-1]}，检定机构办理的最后一日由{before}改为{day}"
        after = {"due_on": day.isoformat(), "calendar": newest.number}
        await move_due_day(change, row, day, ground)
        was = {"due_on": before.isoformat() if before else ""}
        change.audit(
            "move_order_due", object_, before=was, after=after, ground=CITE, bureau=row.bureau
        )


async def _move_certificates(change: Change, newest: Edition) -> None:
    moved = []
    for row, instrument in await _awaited(change.session, change.today, lock=True):
        day, before = last_day(row.verified_on, newest).date, row.report_by
        if day == before:
            continue
        row.report_by = day
        moved.append(row)
        was = {"report_by": before.isoformat() if before else ""}
        change.audit(
            "move_report_due",
            f"verification/{row.verification_id}",
            before=was,
            after={"report_by": day.isoformat(), "calendar": newest.number},
            ground=CITE,
            bureau=instrument.bureau,
        )
    if moved:
        await save_verifications(change, moved)


async def _move_windows(change: Change, newest: Edition) -> None:
    moved = []
    for window in await open_windows(change.session, change.today, lock=True):
        row, day = window.publication, window.first(newest).date
        if day == row.public_from:
            continue
        before = {"public_from": row.public_from.isoformat() if row.public_from else ""}
        after = {"public_from": day.isoformat(), "calendar": newest.number}
        row.public_from = day
        change.session.add(row)
        object_, bureau = f"record/{row.record_id}", window.owner.bureau
        change.audit("move_window", object_, before=before, after=after, ground=CITE, bureau=bureau)
        moved.append((window.record, row))
    if moved:
        await announce_publications(change, moved)


async def _awaited(
    session: AsyncSession, today: date, *, lock: bool = False
) -> Sequence[tuple[Verification, Instrument]]:
    """The verifications whose certificate is missing and may still come in time."""
    query: Any = (
        select(Verification, Instrument)
        .join(Instrument)
        .where(
            sa.text(REPORTED),
            col(Verification.report_by) >= today,
            col(Verification.certificate_on).is_(None),
            sa.not_(col(Verification.removed)),
        )
        .order_by(col(Verification.report_by), col(Verification.verification_id))
    )
    rows = await session.exec(query.with_for_update(of=Verification) if lock else query)
    return [*rows]


async def _orders(session: AsyncSession, *, lock: bool = False) -> Sequence[tuple[Order, LastDay]]:
    """The open orders, each with the last day of the next step of its institution."""
    query = select(Order).where(sa.text(UNENDED)).order_by(col(Order.order_id))
    rows = (await session.exec(query.with_for_update() if lock else query)).all()
    accepted = await _accepted(session)
    return [
        (row, partial(_last_day, row, accepted.get(row.order_id, row.applied_on))) for row in rows
    ]


def _last_day(row: Order, accepted_on: date, calendar: Edition) -> DueDate:
    event_on = row.applied_on if row.state is OrderState.APPLIED else accepted_on
    return term_of(row).last_day(event_on, calendar)


async def _accepted(session: AsyncSession) -> Mapping[str, date]:
    """The days on which the open orders were accepted."""
    first = sa.func.min(OrderStep.at)
    query = (
        select(OrderStep.order_id, first)
        .join(Order, col(Order.order_id) == OrderStep.order_id)
        .where(sa.text(UNENDED), OrderStep.state == OrderState.ACCEPTED)
        .group_by(OrderStep.order_id)
    )
    return {order_id: local_date(at) for order_id, at in await session.exec(query)}

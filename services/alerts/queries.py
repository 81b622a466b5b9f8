"""Reads. What is out of the caller's scope is left out; an operator sees its own subject."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.colours.basis import RED_WITHOUT_DATE, Basis
from law.colours.rule import Colour, latest_valid_until
from plumbing import paging, validation
from plumbing.identity import Caller, Role, scope_prefix
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts import wire
from services.alerts.tables import Alert, Escalation, Instrument, Notice, NoticeState, Watch

Owned = Instrument | Alert | Notice | Escalation
_END_OF_TIME = date.max


def colour_on(on: date) -> sa.ColumnElement[Any]:
    """The colour of an instrument on a day, in SQL: what `standing.answer` says in Python."""
    dated = col(Instrument.standing) == Basis.DATED
    by_date = [
        (dated & (col(Instrument.valid_until) <= latest_valid_until(colour, on)), colour.value)
        for colour in (Colour.RED, Colour.YELLOW, Colour.GREEN)
    ]
    without = (col(Instrument.standing).in_(RED_WITHOUT_DATE), Colour.RED.value)
    return sa.case(without, *by_date, else_=Colour.NONE.value)


ON_FILE = col(Instrument.standing) != Basis.REMOVED


async def summarise_colours(
    session: AsyncSession, caller: Caller, request: pb.SummariseColoursRequest, today: date
) -> pb.SummariseColoursResponse:
    """Counts the instruments in scope by bureau and colour."""
    on = validation.day(request.on, "on") or today
    colour = colour_on(on).label("colour")
    counted = (
        sa.select(col(Instrument.bureau), colour, sa.func.count())
        .where(ON_FILE, *scope(caller, Instrument, request.bureau))
        .group_by(col(Instrument.bureau), colour)
        .order_by(col(Instrument.bureau), colour)
    )
    rows = (await (await session.connection()).execute(counted)).all()
    counts = [pb.ColourCount(bureau=b, colour=c, instruments=n) for b, c, n in rows]
    return pb.SummariseColoursResponse(counts=counts, on=on.isoformat())


async def list_colours(
    session: AsyncSession, caller: Caller, request: pb.ListColoursRequest, today: date
) -> pb.ListColoursResponse:
    """Instruments with their colour today: the most severe first, then the soonest due."""
    colour = colour_on(today)
    # Colours as ranks, the most severe first, for an order that a page can go on from.
    rank = sa.case({c.value: -c.severity for c in Colour}, value=colour)
    until = sa.func.coalesce(col(Instrument.valid_until), sa.literal(_END_OF_TIME, sa.Date))
    order = (rank, until, col(Instrument.instrument_id))
    wanted = (
        select(Instrument)
        .where(ON_FILE, *scope(caller, Instrument, request.bureau, request.subject_id))
        .order_by(*order)
    )
    if request.instrument_id:
        wanted = wanted.where(col(Instrument.instrument_id) == request.instrument_id)
    if request.colour:
        wanted = wanted.where(colour == request.colour)
    if key := paging.after(request, paging.whole, paging.day, paging.text):
        wanted = wanted.where(sa.tuple_(*order) > sa.tuple_(*literals(order, key)))
    rows = (await session.exec(wanted.limit(paging.page_size(request) + 1))).all()
    page, token = paging.cut(request, rows, lambda row: _place(row, today))
    return pb.ListColoursResponse(
        instruments=[wire.colour(row, today) for row in page], next_page_token=token
    )


def _place(row: Instrument, today: date) -> list[Any]:
    severity = Colour(wire.colour(row, today).colour).severity
    return [-severity, (row.valid_until or _END_OF_TIME).isoformat(), row.instrument_id]


def literals(columns: Sequence[Any], values: Sequence[Any]) -> list[Any]:
    """The values of a key, each of its column's type."""
    return [sa.literal(v, c.type) for c, v in zip(columns, values, strict=True)]


async def list_alerts(
    session: AsyncSession, caller: Caller, request: pb.ListAlertsRequest
) -> pb.ListAlertsResponse:
    """Alerts, newest first."""
    number = col(Alert.alert_id)
    wanted = select(Alert).where(*scope(caller, Alert, request.bureau, request.subject_id))
    if request.instrument_id:
        wanted = wanted.where(col(Alert.instrument_id) == request.instrument_id)
    if not request.include_baseline:
        wanted = wanted.where(~col(Alert.baseline))
    if key := paging.after(request, paging.whole):
        wanted = wanted.where(number < key[0])
    wanted = wanted.order_by(number.desc()).limit(paging.page_size(request) + 1)
    rows = (await session.exec(wanted)).all()
    page, token = paging.cut(request, rows, lambda row: [row.alert_id])
    return pb.ListAlertsResponse(
        alerts=[wire.alert(row, row.raised_at) for row in page], next_page_token=token
    )


async def list_notices(
    session: AsyncSession, caller: Caller, request: pb.ListNoticesRequest
) -> pb.ListNoticesResponse:
    """Notices and how their delivery stands, newest first."""
    order = (col(Notice.created_at), col(Notice.notice_id))
    wanted = select(Notice).where(*scope(caller, Notice, request.bureau, request.subject_id))
    if request.state:
        wanted = wanted.where(col(Notice.state) == NoticeState(request.state))
    if key := paging.after(request, paging.moment, paging.text):
        here = literals(order, key)
        wanted = wanted.where(sa.tuple_(*order) < sa.tuple_(*here))
    wanted = wanted.order_by(*(column.desc() for column in order))
    rows = (await session.exec(wanted.limit(paging.page_size(request) + 1))).all()
    page, token = paging.cut(request, rows, lambda n: [n.created_at.isoformat(), n.notice_id])
    return pb.ListNoticesResponse(notices=map(wire.notice, page), next_page_token=token)


async def get_watch(session: AsyncSession, caller: Caller) -> pb.GetWatchResponse:
    """How far the watch of each bureau in scope has come."""
    wanted = select(Watch).where(_covered(caller, col(Watch.bureau))).order_by(Watch.bureau)
    return pb.GetWatchResponse(watches=map(wire.watch, (await session.exec(wanted)).all()))


def scope(
    caller: Caller,
    table: type[Owned],
    bureau: str,
    subject_id: str = "",
) -> list[sa.ColumnElement[bool]]:
    """What of a table a caller sees, further limited to a bureau and a subject."""
    wanted = [_seen(caller, table)]
    if bureau:
        wanted.append(col(table.bureau) == bureau)
    if subject_id:
        wanted.append(col(table.subject_id) == subject_id)
    return wanted


def _seen(caller: Caller, table: type[Owned]) -> sa.ColumnElement[bool]:
    """What `Caller.sees` says of one row, in SQL."""
    if caller.has(Role.OPERATOR):
        # A notice to a bureau has no subject; an account without one sees nothing.
        mine = col(table.subject_id) == caller.subject_id
        return mine if caller.subject_id else sa.false()
    return _covered(caller, col(table.bureau))


def _covered(caller: Caller, bureau: Any) -> sa.ColumnElement[bool]:
    if caller.is_service:
        return sa.true()
    if not caller.bureau:
        return sa.false()
    covered: sa.ColumnElement[bool] = bureau.startswith(
        scope_prefix(caller.bureau), autoescape=True
    )
    return covered

"""Queries of colours, alerts, notices and watches within the caller's scope."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.colours.basis import Basis
from law.colours.lateness import Late
from law.colours.rule import Colour
from law.instruments import catalogue
from plumbing import paging, row_scope, validation
from plumbing.identity import Caller, Role
from plumbing.view import View
from protos.alerts.v1 import alerts_pb2 as pb
from services.alerts import wire
from services.alerts.certificates import certificates_of
from services.alerts.instrument_filters import (
    colour_in_sql,
    of_colour,
    of_institution,
    of_no_street,
    of_sector,
    of_street,
)
from services.alerts.lateness import (
    alert_is_late,
    is_late,
    note_late_alerts,
    open_orders,
    state_lateness,
)
from services.alerts.notices.attempts import LAST, receipts_by_other_ways, receipts_of
from services.alerts.notices.retries import limited
from services.alerts.owners import addressed_to
from services.alerts.policy import STAFF
from services.alerts.tables import (
    ON_FILE,
    TOLD_OF,
    Alert,
    Escalation,
    Instrument,
    Notice,
    NoticeState,
    Watch,
)

Owned = Instrument | Alert | Notice | Escalation
_COLOUR_ORDERS = {
    "valid_until": (Instrument.ranked_on, Instrument.instrument_id),
    "type_code": (Instrument.type_code, Instrument.ranked_on, Instrument.instrument_id),
    "serial_no": (Instrument.serial_no, Instrument.instrument_id),
}
# Filters by what the owner or the last verification says of an instrument.
_OF_OTHERS: Mapping[str, Callable[[Any], sa.ColumnElement[bool]]] = {
    "sector": of_sector,
    "street": of_street,
    "institution": of_institution,
    "without_streets": of_no_street,
}
_NOTICE_ORDERS = {"created_at": (Notice.created_at, Notice.notice_id)}


async def summarise_colours(
    view: View, request: pb.SummariseColoursRequest
) -> pb.SummariseColoursResponse:
    """Counts the instruments within the caller's scope by bureau and colour.

    The colours are those on the requested day, or today without one.
    """
    on = validation.day(request.on, "on") or view.today
    colour = colour_in_sql(on).label("colour")
    counts_by_colour = (
        sa.select(col(Instrument.bureau), colour, sa.func.count())
        .where(sa.text(ON_FILE), *scope(view.caller, Instrument, request.bureau))
        .group_by(col(Instrument.bureau), colour)
        .order_by(col(Instrument.bureau), colour)
    )
    rows = (await (await view.session.connection()).execute(counts_by_colour)).all()
    counts = [pb.ColourCount(bureau=b, colour=c, instruments=n) for b, c, n in rows]
    return pb.SummariseColoursResponse(counts=counts, on=on.isoformat())


async def list_colours(view: View, request: pb.ListColoursRequest) -> pb.ListColoursResponse:
    """Lists the instruments within the caller's scope with their colour today.

    By default the most severe colour comes first: what is red without a date, then by the last day
    of validity, then what has no colour.
    """
    rows = select(Instrument).where(sa.text(ON_FILE), *_wanted(view, request))
    order, reverse = paging.order(request, _COLOUR_ORDERS, "valid_until")
    page, token = await paging.page(view.session, request, rows, *order, newest_first=reverse)
    count = await paging.count(view.session, request, rows, token)
    orders = await open_orders(view.session, [row.instrument_id for row in page])
    colours = [wire.colour(row, view.today) for row in page]
    for row, message in zip(page, colours, strict=True):
        state_lateness(message, row, orders.get(row.instrument_id), view.today)
        if view.caller.has(Role.VERIFICATION_INSTITUTION):
            message.ClearField("application")  # it may be another institution's
    return pb.ListColoursResponse(instruments=colours, next_page_token=token, **count)


def _wanted(view: View, request: pb.ListColoursRequest) -> Iterator[sa.ColumnElement[bool]]:
    yield from scope(view.caller, Instrument, request.bureau, request.subject_id)
    for column in ("instrument_id", "type_code", "state"):
        if value := getattr(request, column):
            yield col(getattr(Instrument, column)) == value
    if request.instrument_ids:
        yield col(Instrument.instrument_id).in_(request.instrument_ids)
    if request.non_compulsory:
        yield col(Instrument.non_compulsory).is_(True)
    if request.text:
        yield _contains(request.text)
    for name, condition in _OF_OTHERS.items():
        if value := getattr(request, name):
            yield condition(value)
    yield from _of_today(view, request)
    yield from _of_last_days(request)


def _of_today(view: View, request: pb.ListColoursRequest) -> Iterator[sa.ColumnElement[bool]]:
    if request.colour:
        yield from of_colour(Colour(request.colour), view.today)
    if request.late:
        yield is_late(Late(request.late), view.today)


def _of_last_days(request: pb.ListColoursRequest) -> Iterator[sa.ColumnElement[bool]]:
    first = validation.day(request.valid_until_from, "valid_until_from")
    last = validation.day(request.valid_until_to, "valid_until_to")
    if first or last:
        yield col(Instrument.standing) == Basis.DATED
        yield col(Instrument.valid_until).between(first or date.min, last or date.max)


def _contains(text: str) -> sa.ColumnElement[bool]:
    """Whether serial number, owner's own number, type or name of the type contains a text."""
    named = [
        code
        for code, known in catalogue().items()
        if text in known.name_zh or text.casefold() in known.name_en.casefold()
    ]
    return sa.or_(
        col(Instrument.serial_no).icontains(text, autoescape=True),
        col(Instrument.owner_no).icontains(text, autoescape=True),
        col(Instrument.type_code).icontains(text, autoescape=True),
        col(Instrument.type_code).in_(named),
    )


async def list_alerts(view: View, request: pb.ListAlertsRequest) -> pb.ListAlertsResponse:
    """Lists the alerts within the caller's scope, newest first."""
    rows = select(Alert).where(*scope(view.caller, Alert, request.bureau, request.subject_id))
    if request.instrument_id:
        rows = rows.where(col(Alert.instrument_id) == request.instrument_id)
    if request.late:
        rows = rows.where(alert_is_late(Late(request.late), view.today))
    if not request.include_baseline:
        rows = rows.where(sa.text(TOLD_OF))
    page, token = await paging.page(view.session, request, rows, Alert.alert_id, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    certificates = await certificates_of(view.session, [row.alert_id for row in page])
    alerts = [wire.stored_alert(row, certificates) for row in page]
    await note_late_alerts(view, zip(page, alerts, strict=True))
    return pb.ListAlertsResponse(alerts=alerts, next_page_token=token, **count)


async def list_notices(view: View, request: pb.ListNoticesRequest) -> pb.ListNoticesResponse:
    """Lists the notices within the caller's scope with their delivery state.

    They are in the requested order, newest first without one.
    """
    rows = select(Notice).where(*_notices_seen(view.caller, request))
    if request.state:
        rows = rows.where(col(Notice.state) == NoticeState(request.state))
    if request.notice_id:
        rows = rows.where(col(Notice.notice_id) == request.notice_id)
    if request.unread:
        rows = rows.where(col(Notice.read_at).is_(None))
    rows = rows.where(*limited(request))
    order, reverse = paging.order(request, _NOTICE_ORDERS, "created_at desc")
    page, token = await paging.page(view.session, request, rows, *order, newest_first=reverse)
    count = await paging.count(view.session, request, rows, token)
    notices = [wire.notice(row) for row in page]
    ids, last = [row.notice_id for row in page], None if request.notice_id else LAST
    receipts = await receipts_of(view.session, ids, last=last)
    for message in notices:
        message.receipts.extend(receipts[message.notice_id])
        if request.notice_id:
            message.receipts.extend(await receipts_by_other_ways(view.session, message.notice_id))
    return pb.ListNoticesResponse(notices=notices, next_page_token=token, **count)


def _notices_seen(
    caller: Caller, request: pb.ListNoticesRequest
) -> Iterator[sa.ColumnElement[bool]]:
    """Yields the conditions for the notices that the caller may see and asks for.

    A verification institution has a bureau in its token, and sees only what was sent to itself.
    """
    if not request.own and (caller.is_service or caller.has(Role.OPERATOR, *STAFF)):
        yield from scope(caller, Notice, request.bureau, request.subject_id)
        return
    yield addressed_to(caller)
    yield from _limits(Notice, request.bureau, request.subject_id)


async def get_watch(view: View, request: pb.GetWatchRequest) -> pb.GetWatchResponse:
    """Returns, for each bureau within the caller's scope, the last day that its watch handled."""
    in_scope = row_scope.covered(view.caller, Watch.bureau)
    rows = await view.session.exec(select(Watch).where(in_scope).order_by(Watch.bureau))
    return pb.GetWatchResponse(watches=map(wire.watch, rows))


def scope(
    caller: Caller,
    table: type[Owned],
    bureau: str,
    subject_id: str = "",
) -> Iterator[sa.ColumnElement[bool]]:
    """Yields the SQL conditions for the rows of a table that the caller may see.

    A non-empty `bureau` or `subject_id` limits the rows further.
    """
    yield row_scope.seen(caller, table.subject_id, table.bureau)
    yield from _limits(table, bureau, subject_id)


def _limits(table: type[Owned], bureau: str, subject_id: str) -> Iterator[sa.ColumnElement[bool]]:
    if bureau:
        yield row_scope.of_bureau(bureau, table.bureau)
    if subject_id:
        yield col(table.subject_id) == subject_id

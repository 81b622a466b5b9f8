"""Queries of circulars, of the authorities in the lists of bureaus, and of the feed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from plumbing import paging, row_scope
from plumbing.papers.servicer import IssuedLetter
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.alerts.v1 import circulars_pb2 as pb
from services.alerts.circulars import letter, wire
from services.alerts.circulars.tables import (
    Authority,
    Circular,
    CircularEntry,
    CircularReceiver,
    CircularState,
)
from services.alerts.exposure_lists.tables import ExposureEntry
from services.alerts.notices.issue import contact_of
from services.alerts.tables import Notice, NoticeState

_NOT_MAILED = (NoticeState.FAILED, NoticeState.NO_ADDRESS)


async def list_authorities(
    view: View, request: pb.ListAuthoritiesRequest
) -> pb.ListAuthoritiesResponse:
    """Returns a page of the authorities that the bureaus in the caller's scope tell, by name."""
    rows = select(Authority).where(row_scope.covered(view.caller, Authority.bureau))
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, Authority.bureau))
    if not request.include_retired:
        rows = rows.where(col(Authority.retired).is_(False))
    order = (Authority.name, Authority.authority_id)
    page, token = await paging.page(view.session, request, rows, *order)
    count = await paging.count(view.session, request, rows, token)
    found = map(wire.authority, page)
    return pb.ListAuthoritiesResponse(authorities=found, next_page_token=token, **count)


async def get_circular(view: View, request: pb.GetCircularRequest) -> pb.GetCircularResponse:
    """Returns a circular with its text and whom it tells of whom.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    covered = row_scope.covered(view.caller, Circular.bureau)
    row = await find_by_id(view.session, Circular, request.circular_id, covered)
    if row is None:
        raise NotFound("没有这份通报", "There is no such circular", circular=request.circular_id)
    view.caller.require_bureau(row.bureau)
    return pb.GetCircularResponse(circular=await whole(view.session, row, view.today))


async def list_circulars(view: View, request: pb.ListCircularsRequest) -> pb.ListCircularsResponse:
    """Returns a page of the circulars in the caller's scope, the newest first."""
    rows = select(Circular).where(row_scope.covered(view.caller, Circular.bureau))
    if request.bureau:
        rows = rows.where(row_scope.of_bureau(request.bureau, Circular.bureau))
    if request.state:
        rows = rows.where(col(Circular.state) == CircularState(request.state))
    if request.list_id:
        rows = rows.where(col(Circular.list_id) == request.list_id)
    if request.to_send:
        rows = rows.where(*_to_send())
    order = (Circular.drafted_at, Circular.circular_id)
    page, token = await paging.page(view.session, request, rows, *order, newest_first=True)
    count = await paging.count(view.session, request, rows, token)
    found = await _with_parts(view.session, page)
    return pb.ListCircularsResponse(circulars=found, next_page_token=token, **count)


def _to_send() -> tuple[Any, ...]:
    """The conditions of an issued circular that somebody has to send to an authority by hand."""
    waiting = (
        select(CircularReceiver.circular_id)
        .join(Notice, col(Notice.notice_id) == col(CircularReceiver.notice_id), isouter=True)
        .where(
            col(CircularReceiver.sent_on).is_(None),
            (col(CircularReceiver.notice_id) == "") | col(Notice.state).in_(_NOT_MAILED),
        )
    )
    issued = col(Circular.state) == CircularState.ISSUED
    return issued, col(Circular.circular_id).in_(waiting)


async def whole(session: AsyncSession, row: Circular, today: date) -> pb.Circular:
    """Returns the message of a circular with its text; that of a draft is written as of today."""
    [message] = await _with_parts(session, [row])
    title, body = row.title, row.body
    if row.state is not CircularState.ISSUED:
        told, receivers = await parts_of(session, row)
        contact = await contact_of(session, row.bureau)
        text = letter.write(row, told, receivers, contact, today)
        title, body = text.title, text.body
    wire.with_text(message, row, title, body)
    return message


async def _with_parts(session: AsyncSession, rows: Sequence[Circular]) -> list[pb.Circular]:
    """The messages of circulars with of whom they tell and whom, without their texts."""
    entries, receivers = await _parts(session, [row.circular_id for row in rows])
    told_of = [one.entry_id for of in entries.values() for one in of]
    ended = await _ended(session, told_of)
    ids = [one.notice_id for of in receivers.values() for one in of if one.notice_id]
    found = await session.exec(select(Notice).where(col(Notice.notice_id).in_(ids)))
    mails = {notice.notice_id: notice for notice in found}
    messages = []
    for row in rows:
        message = wire.circular(row)
        message.entries.extend(wire.entry(one, ended) for one in entries[row.circular_id])
        message.receivers.extend(
            wire.receiver(one, row, mails.get(one.notice_id)) for one in receivers[row.circular_id]
        )
        messages.append(message)
    return messages


async def parts_of(
    session: AsyncSession, row: Circular
) -> tuple[Sequence[CircularEntry], Sequence[CircularReceiver]]:
    """Returns of whom a circular tells, and whom it tells, each in their order."""
    entries, receivers = await _parts(session, [row.circular_id])
    return entries[row.circular_id], receivers[row.circular_id]


async def _parts(
    session: AsyncSession, ids: Sequence[str]
) -> tuple[dict[str, list[CircularEntry]], dict[str, list[CircularReceiver]]]:
    """The entries and the receivers of each of these circulars."""
    entries: defaultdict[str, list[CircularEntry]] = defaultdict(list)
    receivers: defaultdict[str, list[CircularReceiver]] = defaultdict(list)
    told = select(CircularEntry).where(col(CircularEntry.circular_id).in_(ids))
    for entry in await session.exec(told.order_by(col(CircularEntry.told_id))):
        entries[entry.circular_id].append(entry)
    rows = select(CircularReceiver).where(col(CircularReceiver.circular_id).in_(ids))
    for receiver in await session.exec(rows.order_by(col(CircularReceiver.place))):
        receivers[receiver.circular_id].append(receiver)
    return entries, receivers


async def _ended(session: AsyncSession, entry_ids: Sequence[int]) -> dict[int, datetime | None]:
    """When each of these entries came off its list; None while it stands."""
    rows = select(ExposureEntry.entry_id, ExposureEntry.ended_at).where(
        col(ExposureEntry.entry_id).in_(entry_ids)
    )
    return {entry_id: at for entry_id, at in await session.exec(rows) if entry_id is not None}


async def list_told_subjects(
    view: View, request: pb.ListToldSubjectsRequest
) -> pb.ListToldSubjectsResponse:
    """Returns a page of the subjects of whom the caller's authorities were told, the newest first.

    A circular that waited long for its issue is as new as its issue, so a program that reads up to
    what it knows misses none. Those are the authorities in whose entries the caller's account
    stands; nobody else reads them.
    """
    session, rows = view.session, _told_to(view.caller.account_id)
    page, token = await paging.page(
        session,
        request,
        rows,
        Circular.issued_at,
        CircularEntry.told_id,
        newest_first=True,
        key=lambda row: [row[1].issued_at, row[0].told_id],
    )
    count = await paging.count(session, request, rows, token)
    ids = {circular.circular_id for _, circular in page}
    uses: dict[str, list[str]] = {}
    of_circulars = _of_account(view.caller.account_id, col(CircularReceiver.circular_id).in_(ids))
    for one in await session.exec(of_circulars):
        uses[one.circular_id] = [*dict.fromkeys([*uses.get(one.circular_id, []), *one.uses])]
    ended = await _ended(session, [told.entry_id for told, _ in page])
    subjects = [
        wire.told(told, of, uses.get(of.circular_id, []), told.ended_at or ended.get(told.entry_id))
        for told, of in page
    ]
    return pb.ListToldSubjectsResponse(subjects=subjects, next_page_token=token, **count)


def _of_account(account_id: str, *conditions: Any) -> Any:
    """The receivers of circulars whose authority is read for by an account."""
    return (
        select(CircularReceiver)
        .join(Authority, col(Authority.authority_id) == col(CircularReceiver.authority_id))
        .where(
            col(Authority.feed_account) == account_id,
            col(Authority.feed_account) != "",
            col(Authority.retired).is_(False),
            *conditions,
        )
    )


def _told_to(account_id: str) -> Any:
    """The subjects of the issued circulars to those authorities, each with its circular."""
    own = _of_account(account_id).with_only_columns(col(CircularReceiver.circular_id))
    return (
        select(CircularEntry, Circular)
        .join(Circular, col(Circular.circular_id) == col(CircularEntry.circular_id))
        .where(col(Circular.state) == CircularState.ISSUED, col(Circular.circular_id).in_(own))
    )


async def find_circulars(session: AsyncSession, number: str) -> list[IssuedLetter]:
    """Returns the issued circulars with a number; at most one."""
    rows = select(Circular).where(col(Circular.number) == number, col(Circular.number) != "")
    return [
        IssuedLetter(row.number, row.check_code, row.title, row.body, row.issued_at)
        for row in await session.exec(rows)
        if row.issued_at is not None
    ]

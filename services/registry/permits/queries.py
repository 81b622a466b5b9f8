"""Queries on permits, within the caller's scope."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col, select

from law.errors import NotFound
from law.permits import matters
from plumbing import paging, row_scope
from plumbing.change import Change
from plumbing.database import unindexed
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.registry.v1 import permits_pb2 as pb
from services.registry import lookup, wire
from services.registry.permits.tables import ENDING, Permit
from services.registry.tables import Subject

IN_FORCE, TO_COME, EXPIRED, ENDED = "in_force", "to_come", "expired", "ended"
_SEARCHED = (
    *(Permit.document_name, Permit.document_no, Permit.certificate_name, Permit.permit_no),
    *(Permit.content, Permit.authority, Subject.name),
)


async def list_permits(view: View, request: pb.ListPermitsRequest) -> pb.ListPermitsResponse:
    """Returns a page of the permits in the caller's scope: the latest decision first.

    Those whose last day is asked about come by that day.
    """
    on_file = sa.not_(col(Permit.removed))
    rows: Any = select(Permit, Subject).join(Subject).where(on_file, *_asked(view, request))
    seen = row_scope.seen(view.caller, Subject.subject_id, Subject.bureau)
    if request.subject_id:
        subject_id = await lookup.subject_id(view, request.subject_id)
        rows = rows.where(Permit.subject_id == subject_id, seen)
    else:
        rows = rows.where(unindexed(seen))
    if request.bureau:
        rows = rows.where(unindexed(row_scope.of_bureau(request.bureau, Subject.bureau)))
    ending = request.ends_within_days > 0
    order: Any = (Permit.valid_until if ending else Permit.decided_on, Permit.permit_id)
    page, token = await paging.page(
        view.session,
        request,
        rows,
        *order,
        newest_first=not ending,
        key=lambda row: [getattr(row[0], column.key) for column in order],
    )
    count = await paging.count(view.session, request, rows, token)
    entries = [entry(row, owner, view.today) for row, owner in page]
    return pb.ListPermitsResponse(permits=entries, next_page_token=token, **count)


async def get_permit(view: View, request: pb.GetPermitRequest) -> pb.GetPermitResponse:
    """Returns a permit by its id or the beginning of its id.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row, owner = await find(view, request.permit_id)
    return pb.GetPermitResponse(permit=entry(row, owner, view.today))


async def find(by: Change | View, given: str, *, lock: bool = False) -> tuple[Permit, Subject]:
    """Returns a permit by its id or the beginning of its id, with its subject; `lock` locks it.

    Raises NotFound if there is none, and NotPermitted outside the caller's scope.
    """
    row = await find_by_id(by.session, Permit, given, lambda: _own(by), lock=lock)
    if row is None or row.removed:
        raise NotFound("没有该行政许可", "There is no such permit", permit_id=given)
    owner = await by.session.get_one(Subject, row.subject_id)
    by.caller.require_subject(owner.subject_id, owner.bureau)
    return row, owner


def _own(by: Change | View) -> sa.ColumnElement[bool]:
    seen = row_scope.seen(by.caller, Subject.subject_id, Subject.bureau)
    owners = select(Subject.subject_id).where(seen)
    return sa.and_(sa.not_(col(Permit.removed)), col(Permit.subject_id).in_(owners))


def _asked(view: View, request: pb.ListPermitsRequest) -> list[sa.ColumnElement[bool]]:
    """The conditions of a request on permits themselves."""
    conditions = _in_state(request.state, view.today)
    if request.ends_within_days:
        today, last = view.today, col(Permit.valid_until)
        end = today + timedelta(days=request.ends_within_days)
        conditions += [sa.text(ENDING), last <= end]  # type: ignore[list-item]
        if not request.state:
            conditions += [last >= today, col(Permit.ended) == ""]
    if request.matter:
        conditions.append(col(Permit.matter) == request.matter)
    if request.contains:
        found = (col(one).icontains(request.contains, autoescape=True) for one in _SEARCHED)
        conditions.append(sa.or_(*found))
    return conditions


def _in_state(state: str, today: date) -> list[sa.ColumnElement[bool]]:
    """The condition that a permit is in this state on a day, as `_state` tells it."""
    first, last = col(Permit.valid_from), col(Permit.valid_until)
    if not state:
        return []
    ended = col(Permit.ended) != ""
    if state == ENDED:
        return [ended]
    if state == EXPIRED:
        return [sa.not_(ended), last < today]
    begun = sa.or_(first.is_(None), first <= today)
    lasts = sa.and_(sa.not_(ended), sa.or_(last.is_(None), last >= today))
    return [lasts, begun if state == IN_FORCE else first > today]


def entry(row: Permit, owner: Subject, today: date) -> pb.PermitEntry:
    """Converts a permit to a message, with its subject and what it is worth on a day."""
    cites = {one.value.id: one.cite for one in matters()}
    return pb.PermitEntry(
        permit=wire.permit(row),
        subject_name=owner.name,
        bureau=owner.bureau,
        state=_state(row, today),
        cite=cites.get(row.matter, ""),
    )


def _state(row: Permit, today: date) -> str:
    if row.ended:
        return ENDED
    if row.valid_until and row.valid_until < today:
        return EXPIRED
    return TO_COME if row.valid_from and row.valid_from > today else IN_FORCE

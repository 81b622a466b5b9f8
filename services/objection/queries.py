"""Queries of cases: one case with its steps and letters, and lists of cases by their last day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from law.objection import CaseKind, CaseState
from plumbing import paging, row_scope, validation
from plumbing.clock import midnight
from plumbing.database import local_day, unindexed
from plumbing.identity import Caller
from plumbing.papers.servicer import IssuedLetter
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.objection.v1 import objection_pb2 as pb
from services.objection import wire
from services.objection.handling import earlier_cases
from services.objection.tables import (
    FOLLOWS_ANOTHER,
    IS_OPEN,
    UNASSIGNED,
    Case,
    CaseLetter,
    CaseStep,
)

WAITING = (
    CaseState.LODGED,
    CaseState.SUPPLEMENT_REQUESTED,
    CaseState.ACCEPTED,
    CaseState.EXTENSION_REQUESTED,
)
_ORDERS = {
    "due_on": (Case.due_on, Case.case_id),
    "lodged_at": (Case.lodged_at, Case.case_id),
}


async def find_case(session: AsyncSession, case_id: str, *kinds: CaseKind) -> Case:
    """Returns a case without locking it.

    Raises NotFound if there is no such case, or if it is of none of `kinds`, where any are given.
    """
    case = await find_by_id(session, Case, case_id)
    if case is None or (kinds and case.kind not in kinds):
        raise NotFound("没有这个案件", "There is no such case", case=case_id)
    return case


async def get_case(view: View, request: pb.GetCaseRequest) -> pb.GetCaseResponse:
    """Returns a case with its steps and letters, and the other cases in the same matter.

    The bureau whose objection is reconsidered may read the reconsideration. Raises NotFound if
    there is no such case, and NotPermitted if it is outside the caller's scope.
    """
    case = await find_case(view.session, request.case_id)
    earlier = await earlier_cases(view.session, case)
    if not any(view.caller.sees(case.subject_id, one.bureau) for one in earlier):
        view.caller.require_subject(case.subject_id, case.bureau)
    steps = select(CaseStep).where(col(CaseStep.case_id) == case.case_id)
    letters = select(CaseLetter).where(col(CaseLetter.case_id) == case.case_id)
    in_order = (col(CaseLetter.issued_at), col(CaseLetter.title))
    return pb.GetCaseResponse(
        case=wire.case_message(case, view.today),
        steps=map(wire.step_message, await view.session.exec(steps.order_by(col(CaseStep.seq)))),
        letters=map(wire.letter_message, await view.session.exec(letters.order_by(*in_order))),
        related=map(wire.related_message, [*reversed(earlier), *await _later(view, case)]),
    )


async def _later(view: View, case: Case) -> list[Case]:
    """The cases that follow a case, and those that follow them, the earliest first."""
    found: list[Case] = []
    ids = [case.case_id]
    while ids:
        query = select(Case).where(col(Case.follows).in_(ids), sa.text(FOLLOWS_ANOTHER))
        rows = (await view.session.exec(query.order_by(col(Case.lodged_at)))).all()
        found, ids = [*found, *rows], [row.case_id for row in rows]
    return found


async def find_letters(session: AsyncSession, number: str) -> list[IssuedLetter]:
    """Returns the letters with a number; at most one."""
    rows = await session.exec(select(CaseLetter).where(col(CaseLetter.number) == number))
    return [
        IssuedLetter(letter.number, letter.check_code, letter.title, letter.body, letter.issued_at)
        for letter in rows
    ]


# Most of a row, and no part of the message.
_LEFT_OUT = [
    defer(cast("Any", column), raiseload=True)
    for column in (
        Case.records_as_lodged,
        Case.corrections,
        Case.record_versions,
        Case.receipt_digests,
    )
]


async def list_cases(view: View, request: pb.ListCasesRequest) -> pb.ListCasesResponse:
    """Lists the cases within the caller's scope in the requested order.

    Without one, the earliest last day comes first, and cases without a running term come last.
    Closed, declined and withdrawn cases are left out unless requested.
    """
    rows = select(Case).where(*_conditions(view.caller, request))
    order, reverse = paging.order(request, _ORDERS, "due_on")
    shown = rows.options(*_LEFT_OUT)
    page, token = await paging.page(view.session, request, shown, *order, newest_first=reverse)
    cases = [wire.case_message(case, view.today) for case in page]
    count = await paging.count(view.session, request, rows, token)
    return pb.ListCasesResponse(cases=cases, next_page_token=token, **count)


def _conditions(caller: Caller, request: pb.ListCasesRequest) -> Iterator[Any]:
    yield row_scope.seen(caller, Case.subject_id, Case.bureau)
    if request.bureau:
        yield row_scope.of_bureau(request.bureau, Case.bureau)
    for name in ("subject_id", "kind", "state", "caseworker", "sector"):
        if value := getattr(request, name):
            yield col(getattr(Case, name)) == value
    if request.caseworkers:
        yield col(Case.caseworker).in_(request.caseworkers)
    if request.unassigned:
        yield sa.text(UNASSIGNED)  # as in the index, word for word
    if request.subject_ids:
        yield col(Case.subject_id).in_(request.subject_ids)
    if not (request.include_closed or request.state or request.decided_from):
        yield sa.text(IS_OPEN)  # as in the indexes, word for word
    yield from _days(request)


def _days(request: pb.ListCasesRequest) -> Iterator[sa.ColumnElement[bool]]:
    if due_to := validation.day(request.due_to, "due_to"):
        yield waiting()
        yield col(Case.due_on) <= due_to
    if lodged_from := validation.day(request.lodged_from, "lodged_from"):
        yield col(Case.lodged_at) >= midnight(lodged_from)
    if lodged_to := validation.day(request.lodged_to, "lodged_to"):
        yield col(Case.lodged_at) < midnight(lodged_to + timedelta(days=1))
    if decided_from := validation.day(request.decided_from, "decided_from"):
        yield decided_since(decided_from)
    if request.late:
        yield sa.and_(col(Case.outcome).is_not(None), sa.not_(in_time()))


def waiting() -> sa.ColumnElement[bool]:
    """Returns the condition for cases in which a person must act next."""
    return unindexed(Case.state).in_(WAITING)


def decided_since(day: date) -> sa.ColumnElement[bool]:
    """Returns the condition for cases with a decision on a day or later."""
    return sa.and_(col(Case.outcome).is_not(None), col(Case.decided_at) >= midnight(day))


def in_time() -> sa.ColumnElement[bool]:
    """Returns the condition for cases decided by the last day of their term."""
    return local_day(Case.decided_at) <= col(Case.due_on)

"""Queries of cases: one case with its steps and letters, and lists of cases by their last day."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import defer
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.errors import NotFound
from law.objection import CaseKind
from plumbing import paging
from plumbing.papers.servicer import IssuedLetter
from plumbing.short_ids import find_by_id
from plumbing.view import View
from protos.objection.v1 import objection_pb2 as pb
from services.objection import wire
from services.objection.case_indexes import FOLLOWS_ANOTHER
from services.objection.filters import conditions
from services.objection.handling import earlier_cases
from services.objection.mandates import has_lapsed, is_agent, is_unchecked
from services.objection.tables import Case, CaseLetter, CaseStep

_ORDERS = {
    "due_on": (Case.due_on, Case.case_id),
    "lodged_at": (Case.lodged_at, Case.case_id),
    "accept_by": (Case.accept_by, Case.case_id),
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

    The bureau whose objection is reconsidered may read the reconsideration, and the agent of a
    subject its case: before the mandate is checked without letters and other cases, and once it is
    over nothing but the mandate. Raises NotFound if there is no such case, and NotPermitted if it
    is outside the caller's scope.
    """
    case = await find_case(view.session, request.case_id)
    earlier = await earlier_cases(view.session, case)
    seen = any(view.caller.sees(case.subject_id, one.bureau) for one in earlier)
    if not seen and not is_agent(view.caller, case, view.today):
        of_agent = view.caller, case, view.today
        if is_unchecked(*of_agent) or has_lapsed(*of_agent):
            return pb.GetCaseResponse(case=_shown(view, case))
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


def _shown(view: View, case: Case) -> pb.Case:
    return wire.shown_to(view.caller, case, wire.case_message(case, view.today), view.today)


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


async def list_cases(
    view: View, request: pb.ListCasesRequest, *, named: Collection[str] = ()
) -> pb.ListCasesResponse:
    """Lists the cases within the caller's scope in the requested order.

    Without one, the earliest last day comes first, and cases without a running term come last.
    Closed, declined and withdrawn cases are left out unless requested. `named` has the subjects
    that `request.name_contains` is about.
    """
    rows = select(Case).where(*conditions(view, request, named))
    usual = "accept_by" if request.accept_from or request.accept_to else "due_on"
    order, reverse = paging.order(request, _ORDERS, usual)
    shown = rows.options(*_LEFT_OUT)
    page, token = await paging.page(view.session, request, shown, *order, newest_first=reverse)
    cases = [_shown(view, case) for case in page]
    count = await paging.count(view.session, request, rows, token)
    return pb.ListCasesResponse(cases=cases, next_page_token=token, **count)

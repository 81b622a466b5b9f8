"""The overview of a unit: what waits, with whom, for how long, and what was decided in time.

Every number is counted by the database over the caller's scope. `ListCases` has a filter for each
number, which returns the cases behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing import row_scope, validation
from plumbing.database import local_day
from plumbing.months import Month
from plumbing.view import View
from protos.objection.v1 import objection_pb2 as pb
from services.objection.queries import decided_since, in_time, waiting
from services.objection.tables import IS_OPEN, Case

DECISIONS_OF = timedelta(days=90)
SOON = timedelta(days=6)  # with today, a week
AGES = (7, 14, 30)  # days since lodging at which a case counts as older


async def summarise_cases(
    view: View, request: pb.SummariseCasesRequest
) -> pb.SummariseCasesResponse:
    """Counts the waiting cases of a bureau or of the caller's whole scope, and its decisions.

    Raises NotPermitted if the requested bureau is outside the caller's scope.
    """
    scope = [row_scope.covered(view.caller, Case.bureau)]
    if request.bureau:
        view.caller.require_bureau(request.bureau)
        scope.append(row_scope.within(request.bureau, Case.bureau))
    since = validation.day(request.decided_from, "decided_from") or view.today - DECISIONS_OF
    decided, decided_in_time = await _decisions(view, scope, since)
    month = Month.of(request.month, view.today)
    return pb.SummariseCasesResponse(
        on=view.today.isoformat(),
        counts=await _counts(view, scope),
        loads=await _loads(view, scope),
        ages=await _ages(view, scope),
        due_soon_to=(view.today + SOON).isoformat(),
        decided_from=since.isoformat(),
        decided=decided,
        decided_in_time=decided_in_time,
        month_cases=await _in_month(view, scope, month),
        month=str(month),
    )


def _waiting(scope: Sequence[Any]) -> sa.ColumnElement[bool]:
    """The waiting cases of a scope, found in an index of the few that are open among all."""
    found = sa.select(col(Case.case_id)).where(sa.text(IS_OPEN), *scope, waiting())
    return col(Case.case_id).in_(found.correlate(None))


async def _rows(view: View, query: Any) -> Sequence[Any]:
    rows: Sequence[Any] = (await (await view.session.connection()).execute(query)).all()
    return rows


async def _counts(view: View, scope: Sequence[Any]) -> list[pb.CaseCount]:
    columns = (col(Case.kind), col(Case.state))
    counted = sa.select(*columns, sa.func.count()).where(_waiting(scope))
    rows = await _rows(view, counted.group_by(*columns).order_by(*columns))
    return [pb.CaseCount(kind=kind, state=state, cases=number) for kind, state, number in rows]


async def _loads(view: View, scope: Sequence[Any]) -> list[pb.CaseLoad]:
    due, today = col(Case.due_on), view.today
    soon = due.between(today, today + SOON)
    counted = (
        sa.select(
            col(Case.caseworker),
            sa.func.count().label("waiting"),
            sa.func.count().filter(soon),
            sa.func.count().filter(due < today),
        )
        .where(_waiting(scope))
        .group_by(col(Case.caseworker))
        .order_by(sa.desc("waiting"), col(Case.caseworker))
    )
    return [
        pb.CaseLoad(caseworker=person, waiting=number, due_soon=due_soon, overdue=overdue)
        for person, number, due_soon, overdue in await _rows(view, counted)
    ]


async def _ages(view: View, scope: Sequence[Any]) -> list[pb.CaseAge]:
    spans = _spans(view.today)
    lodged = local_day(Case.lodged_at)
    within = [lodged.between(first, last) for first, last in spans]
    counted = sa.select(*(sa.func.count().filter(one) for one in within))
    numbers = (await _rows(view, counted.where(_waiting(scope))))[0]
    return [
        pb.CaseAge(
            lodged_from="" if first == date.min else first.isoformat(),
            lodged_to=last.isoformat(),
            cases=number,
        )
        for (first, last), number in zip(spans, numbers, strict=True)
    ]


def _spans(today: date) -> list[tuple[date, date]]:
    """The spans of days of lodging, each with its first and last day, the latest span first."""
    ends = [today, *(today - timedelta(days=days) for days in AGES)]
    starts = [end + timedelta(days=1) for end in ends[1:]]
    return list(zip([*starts, date.min], ends, strict=True))


async def _decisions(view: View, scope: Sequence[Any], since: date) -> tuple[int, int]:
    counted = sa.select(sa.func.count(), sa.func.count().filter(in_time()))
    row = (await _rows(view, counted.where(*scope, decided_since(since))))[0]
    return row[0], row[1]


async def _in_month(view: View, scope: Sequence[Any], month: Month) -> list[pb.MonthCases]:
    lodged, reached = month.moments(Case.lodged_at), month.moments(Case.decided_at)
    decided = sa.and_(col(Case.outcome).is_not(None), reached)
    counted = (
        sa.select(
            col(Case.kind),
            sa.func.count().filter(lodged),
            sa.func.count().filter(decided),
            sa.func.count().filter(decided, in_time()),
        )
        .where(*scope, sa.or_(lodged, decided))
        .group_by(col(Case.kind))
        .order_by(col(Case.kind))
    )
    return [
        pb.MonthCases(kind=kind, lodged=lodged, decided=decided, decided_in_time=timely)
        for kind, lodged, decided, timely in await _rows(view, counted)
    ]

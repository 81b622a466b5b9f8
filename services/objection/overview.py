"""The overview of a unit: what waits, with whom, for how long, and what ends on which day.

Every number is counted by the database over the caller's scope, from indexes that have all that is
counted (tests/integration/lists/test_figures.py). `ListCases` has a filter for each number, which
returns the cases behind it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing import row_scope, validation
from plumbing.database import local_day, unindexed
from plumbing.months import Month
from plumbing.view import View
from protos.objection.v1 import objection_pb2 as pb
from services.objection import decisions
from services.objection.case_indexes import IS_OPEN
from services.objection.decisions import rows_of
from services.objection.filters import waiting
from services.objection.tables import Case

DECISIONS_OF = timedelta(days=90)
SOON = timedelta(days=6)  # with today, a week
AHEAD = timedelta(days=30)
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
    by_bureau = await decisions.by_bureau(view, scope, since)
    month = Month.of(request.month, view.today)
    return pb.SummariseCasesResponse(
        on=view.today.isoformat(),
        counts=await _counts(view, scope),
        loads=await _loads(view, scope),
        ages=await _ages(view, scope),
        due_soon_to=(view.today + SOON).isoformat(),
        decided_from=since.isoformat(),
        decided=sum(decided for decided, _ in by_bureau.values()),
        decided_in_time=sum(timely for _, timely in by_bureau.values()),
        month_cases=await decisions.in_month(view, scope, month),
        month=str(month),
        forecast=await _forecast(view, scope),
        forecast_to=(view.today + AHEAD).isoformat(),
        timeliness=await decisions.timeliness(view, scope),
        bureaus=await _bureaus(view, scope, by_bureau),
    )


def _of(scope: Sequence[Any]) -> list[Any]:
    """The conditions for the waiting cases of a scope, found among the few open of all cases."""
    return [sa.text(IS_OPEN), *scope, waiting()]


def _overdue(view: View) -> tuple[Any, Any]:
    """The counts of overdue cases, and of those that should have been accepted or declined."""
    count, today = sa.func.count, view.today
    # Of a case that is not lodged this day is the last of all days.
    return (
        count().filter(col(Case.due_on) < today),
        count().filter(col(Case.accept_by) < today),
    )


async def _counts(view: View, scope: Sequence[Any]) -> list[pb.CaseCount]:
    columns = (col(Case.kind), col(Case.state))
    counted = sa.select(*columns, sa.func.count()).where(*_of(scope))
    rows = await rows_of(view, counted.group_by(*columns).order_by(*columns))
    return [pb.CaseCount(kind=kind, state=state, cases=number) for kind, state, number in rows]


async def _loads(view: View, scope: Sequence[Any]) -> list[pb.CaseLoad]:
    soon = col(Case.due_on).between(view.today, view.today + SOON)
    counted = (
        sa.select(
            col(Case.caseworker),
            sa.func.count().label("waiting"),
            sa.func.count().filter(soon),
            *_overdue(view),
        )
        .where(*_of(scope))
        .group_by(unindexed(Case.caseworker))  # else SQLite takes the index of its order
        .order_by(sa.desc("waiting"), col(Case.caseworker))
    )
    return [
        pb.CaseLoad(
            caseworker=person,
            waiting=number,
            due_soon=due_soon,
            overdue=overdue,
            overdue_intake=overdue_intake,
        )
        for person, number, due_soon, overdue, overdue_intake in await rows_of(view, counted)
    ]


async def _ages(view: View, scope: Sequence[Any]) -> list[pb.CaseAge]:
    spans = _spans(view.today)
    lodged = local_day(Case.lodged_at)
    within = [lodged.between(first, last) for first, last in spans]
    counted = sa.select(*(sa.func.count().filter(one) for one in within))
    numbers = (await rows_of(view, counted.where(*_of(scope))))[0]
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


async def _forecast(view: View, scope: Sequence[Any]) -> list[pb.CasesDue]:
    due = defaultdict[date, pb.CasesDue](pb.CasesDue)
    for column, name in ((col(Case.due_on), "terms"), (col(Case.accept_by), "intakes")):
        ahead = column.between(view.today, view.today + AHEAD)
        counted = sa.select(column, sa.func.count()).where(*_of(scope), ahead)
        for day, number in await rows_of(view, counted.group_by(column)):
            setattr(due[day], name, number)
            due[day].day = day.isoformat()
    return [due[day] for day in sorted(due)]


async def _bureaus(
    view: View, scope: Sequence[Any], decided: decisions.ByBureau
) -> list[pb.BureauCases]:
    counted = sa.select(col(Case.bureau), sa.func.count(), *_overdue(view)).where(*_of(scope))
    waits = {
        bureau: numbers
        for bureau, *numbers in await rows_of(view, counted.group_by(col(Case.bureau)))
    }
    found = []
    for bureau in sorted({*waits, *decided}):
        number, overdue, overdue_intake = waits.get(bureau, (0, 0, 0))
        made, in_time = decided.get(bureau, (0, 0))
        found.append(
            pb.BureauCases(
                bureau=bureau,
                waiting=number,
                overdue=overdue,
                overdue_intake=overdue_intake,
                decided=made,
                decided_in_time=in_time,
            )
        )
    return found

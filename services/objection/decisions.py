"""How many cases were decided, and how many of them within their term."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing.months import Month, before
from plumbing.view import View
from protos.objection.v1 import objection_pb2 as pb
from services.objection.case_indexes import HAS_OUTCOME
from services.objection.filters import decided_since, in_time
from services.objection.tables import Case

MONTHS = 6  # the present one among them
# How many were decided, and how many of them in time, by bureau.
ByBureau = Mapping[str, tuple[int, int]]


async def by_bureau(view: View, scope: Sequence[Any], since: date) -> ByBureau:
    """Counts the decisions since a day by the bureaus that made them."""
    bureau = col(Case.bureau)
    counted = sa.select(bureau, sa.func.count(), sa.func.count().filter(in_time()))
    rows = await rows_of(view, counted.where(*scope, decided_since(since)).group_by(bureau))
    return {code: (decided, timely) for code, decided, timely in rows}


async def timeliness(view: View, scope: Sequence[Any]) -> list[pb.DecidedSpan]:
    """Counts the decisions of the present month, until today, and of the five before."""
    spans = _months(view.today)
    numbers = []
    for first, last in spans:
        within = Month(first, last).moments(Case.decided_at)
        numbers += [
            sa.func.count().filter(within),
            sa.func.count().filter(within, in_time()),
        ]
    counted = sa.select(*numbers).where(*scope, decided_since(spans[0][0]))
    row = (await rows_of(view, counted))[0]
    return [
        pb.DecidedSpan(
            decided_from=first.isoformat(),
            decided_to=last.isoformat(),
            decided=decided,
            decided_in_time=timely,
        )
        for (first, last), decided, timely in zip(spans, row[::2], row[1::2], strict=True)
    ]


def _months(today: date) -> list[tuple[date, date]]:
    """The first and last day of each month, the earliest first; the last one ends today."""
    months = [(today.replace(day=1), today)]
    while len(months) < MONTHS:
        last = before(months[0][0])
        months.insert(0, (last.replace(day=1), last))
    return months


async def in_month(view: View, scope: Sequence[Any], month: Month) -> list[pb.MonthCases]:
    """Counts the cases that were lodged in a month and those decided in it, by kind."""
    kind = col(Case.kind)
    lodged = sa.select(kind, sa.func.count()).where(*scope, month.moments(Case.lodged_at))
    reached = (sa.text(HAS_OUTCOME), month.moments(Case.decided_at))
    decided = sa.select(kind, sa.func.count(), sa.func.count().filter(in_time()))
    found: dict[str, pb.MonthCases] = {}
    for name, number in await rows_of(view, lodged.group_by(kind)):
        found[name] = pb.MonthCases(kind=name, lodged=number)
    for name, number, timely in await rows_of(view, decided.where(*scope, *reached).group_by(kind)):
        one = found.setdefault(name, pb.MonthCases(kind=name))
        one.decided, one.decided_in_time = number, timely
    return [found[name] for name in sorted(found)]


async def rows_of(view: View, query: Any) -> Sequence[Any]:
    """Returns the rows of a query of columns."""
    rows: Sequence[Any] = (await (await view.session.connection()).execute(query)).all()
    return rows

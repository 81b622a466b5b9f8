"""How many working days an institution has for a step of an order: by which bureau, or the law.

The figure is that of the bureau that the instrument belongs to; where it states none, that of the
bureau above it; where none does, the example in the data of the law (S4 二(四)).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from law.terms.data import Definition, definition
from law.terms.workdays import DueDate, Edition, edition, nth_working_day
from plumbing.identity import covering
from services.registry.orders.terms.tables import OrderTerms


class TermKind(StrEnum):
    """What a term is for: each runs from its own event."""

    ACCEPTANCE = "acceptance"  # from the application
    COMPLETION = "completion"  # from the acceptance


@dataclass(frozen=True)
class Figure:
    """A term of so many working days; `stated` is what a bureau said, None for the law's data."""

    kind: TermKind
    days: int
    stated: OrderTerms | None = None

    def last_day(self, event_on: date, calendar: Edition | None = None) -> DueDate:
        """Returns the last day of the term, inclusive, by the calendar in force unless given."""
        return nth_working_day(event_on, self.days, calendar or edition())


async def figure(session: AsyncSession, bureau: str, kind: TermKind, on: date) -> Figure:
    """Returns the figure for an event of a day, of an instrument of a bureau."""
    codes = covering(bureau)
    holding = await in_force(session, codes, on)
    for code in codes:
        if (row := holding.get(code)) and (days := days_of(row, kind)):
            return Figure(kind, days, row)
    return of_law(kind, on)


async def stated(session: AsyncSession, ids: Iterable[str]) -> Mapping[str, OrderTerms]:
    """Returns what bureaus stated, by id."""
    wanted = sorted({*ids} - {""})
    if not wanted:
        return {}
    rows = await session.exec(select(OrderTerms).where(col(OrderTerms.terms_id).in_(wanted)))
    return {row.terms_id: row for row in rows}


async def in_force(
    session: AsyncSession, bureaus: Iterable[str], on: date
) -> Mapping[str, OrderTerms]:
    """Returns what these bureaus state on a day, by bureau."""
    rows = await session.exec(
        select(OrderTerms)
        .where(col(OrderTerms.bureau).in_(sorted({*bureaus})), col(OrderTerms.valid_from) <= on)
        .order_by(col(OrderTerms.valid_from), col(OrderTerms.released_at))
    )
    return {row.bureau: row for row in rows}


def of_law(kind: TermKind, on: date) -> Figure:
    """Returns the figure of the law's data for an event of a day."""
    return Figure(kind, defined(kind, on).days)


def all_of_law(on: date) -> Sequence[Figure]:
    """Returns the figures of the law's data for events of a day, in the order of the steps."""
    return [of_law(kind, on) for kind in TermKind]


def defined(kind: TermKind, on: date) -> Definition:
    """Returns the term of the law's data, with its article."""
    return definition(f"verification_{kind}", on)


def days_of(row: OrderTerms, kind: TermKind) -> int:
    """Returns the working days that a bureau states for a step; 0 for none."""
    return row.acceptance_days if kind is TermKind.ACCEPTANCE else row.completion_days

"""The day on which an institution is expected to complete orders: an estimate, no promise.

It follows from the orders that came earlier and from how many instruments the institution says that
it completes on a working day. The term stays the only deadline (S4 二(四), R-048).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import ceil

from law.terms.workdays import DueDate, Edition, nth_working_day, working_days_between
from plumbing import capacities
from plumbing.capacities import Figure


@dataclass(frozen=True)
class Used:
    """A figure that was used, and the orders of its types that were ahead when it first counted."""

    figure: Figure
    ahead: int


@dataclass(frozen=True)
class Expected:
    """When orders are expected to be completed: the day and the figures that it follows from.

    `day` is None if nothing is stated for a type of `without`.
    """

    day: DueDate | None
    used: Sequence[Used] = ()
    without: Collection[str] = ()


def expect(
    ahead: Mapping[str, int],
    wanted: Mapping[str, int],
    figures: Collection[Figure],
    after: date,
    calendar: Edition,
) -> Expected:
    """Returns when an institution is expected to complete orders, from its queue and its figures.

    `ahead` are the orders of each type that came earlier, `wanted` those that are asked about. The
    first day counted is the first working day after `after`. On each day a figure completes that
    many orders of its types, the earlier ones first. Types of different figures do not wait for one
    another, so that the last of them decides.
    """
    before, own = Counter(ahead), Counter(wanted)
    day, provisional, used = after, False, dict[Figure, Used]()
    while own.total():
        first = nth_working_day(day, 1, calendar).date
        if without := sorted(code for code in +own if not _is_stated(code, first, figures)):
            return Expected(None, without=without)
        holding = capacities.in_force(+own, first, figures)
        at_work = {one: codes for one, codes in holding.items() if one.per_day}
        # Until a figure has done its own, or another one begins, all days are alike.
        alike = [_days_to_complete(before + own, codes, one) for one, codes in at_work.items()]
        if later := [one.from_on for one in figures if one.from_on > first]:
            alike.append(working_days_between(day, min(later) - timedelta(days=1), calendar))
        for figure, codes in at_work.items():
            used.setdefault(figure, Used(figure, sum(before[code] for code in codes)))
            left = _complete(before, codes, figure.per_day * min(alike))
            _complete(own, codes, left)
        due = nth_working_day(day, min(alike), calendar)
        day, provisional = due.date, provisional or due.provisional
    return Expected(DueDate(day, provisional, calendar.number), tuple(used.values()))


def _days_to_complete(orders: Counter[str], codes: Collection[str], figure: Figure) -> int:
    return ceil(sum(orders[code] for code in codes) / figure.per_day)


def _complete(orders: Counter[str], codes: Collection[str], most: int) -> int:
    """Takes at most so many orders of some types away; returns how many more it could have."""
    for code in codes:
        done = min(most, orders[code])
        orders[code] -= done
        most -= done
    return most


def _is_stated(code: str, day: date, figures: Collection[Figure]) -> bool:
    """Whether a type has a figure on a day, or from a later day on."""
    holding = capacities.holding(code, day, figures)
    later = (one for one in figures if code in one.type_codes and one.from_on > day)
    return any(one.per_day for one in (*later, *([holding] if holding else [])))

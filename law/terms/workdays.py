"""Working days by the State Council's yearly arrangement, in numbered editions.

The day after the event is day 1 (CIVIL-CODE 201). A year without a published
arrangement is counted by the plain week and every result that needs it is *provisional*.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from law.errors import InvalidInput, NotFound
from law.terms.calendar import NOTHING_PUBLISHED, Edition, editions

__all__ = [
    "CITE",
    "NOTHING_PUBLISHED",
    "DueDate",
    "Edition",
    "edition",
    "edition_on",
    "editions",
    "next_working_day",
    "nth_last_working_day",
    "nth_working_day",
    "working_days_between",
]

CITE = "CIVIL-CODE 201"
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class DueDate:
    """A date with how sure it is: provisional until every year it was counted in is published."""

    date: date
    provisional: bool
    edition: int


def edition(number: int | None = None) -> Edition:
    """The packaged edition of that number, the latest by default. Raises NotFound."""
    packaged = editions()
    if number is None:
        return packaged[-1]
    for candidate in packaged:
        if candidate.number == number:
            return candidate
    raise NotFound(f"没有第{number}版工作日历", f"there is no calendar edition {number}")


def edition_on(day: date) -> Edition:
    """The packaged edition known on that day; before the first, nothing is published."""
    known = [e for e in editions() if e.published_on <= day]
    return known[-1] if known else NOTHING_PUBLISHED


def nth_working_day(start: date, n: int, edition: Edition) -> DueDate:
    """The n-th working day after the event; the day after the event is day 1.

    CIVIL-CODE 201. `n` counts working days, at least 1; the result is the last day of the
    term, inclusive. Provisional when a year counted through is not published in the edition.
    Raises InvalidInput for n < 1.
    """
    if n < 1:
        raise InvalidInput(
            f"工作日数应为不小于1的整数：{n}", f"the number of working days is at least 1: {n}"
        )
    day, left, published = start, n, True
    while left:
        if day == date.max:
            raise InvalidInput("期限超出可计算的日期范围", "the term ends beyond the last date")
        day += _DAY
        published = published and edition.is_published(day)
        left -= edition.is_workday(day)
    return DueDate(day, not published, edition.number)


def nth_last_working_day(end: date, n: int, edition: Edition) -> date:
    """The n-th working day counted back from `end`, which is the first one if it is worked.

    On its morning n working days are left until the end of `end`. `n` is at least 1.
    """
    day, left = end, n - edition.is_workday(end)
    while left > 0:
        day -= _DAY
        left -= edition.is_workday(day)
    return day


def next_working_day(day: date, edition: Edition) -> DueDate:
    """The day itself when worked, else the next worked one (CIVIL-CODE 203)."""
    return nth_working_day(day - _DAY, 1, edition)


def working_days_between(start: date, end: date, edition: Edition) -> int:
    """How many working days lie after `start` up to and including `end`; 0 when `end` is earlier.

    The inverse of `nth_working_day`: the day of the event is not counted.
    """
    span = (end - start).days
    return sum(edition.is_workday(start + _DAY * i) for i in range(1, span + 1))

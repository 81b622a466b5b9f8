"""Working days by the State Council's yearly arrangement, in numbered editions.

The day after the event is day 1 (CIVIL-CODE 201). In a year without a published
arrangement, Monday to Friday are counted, and a result that needs such a year is *provisional*.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from law.errors import InvalidInput, NotFound
from law.terms.calendar import NOTHING_PUBLISHED, Edition
from law.terms.in_force import editions

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
    """The result of counting working days: the date and the number of the calendar edition.

    `provisional` is true while the calendar of a year in the count has not been published.
    """

    date: date
    provisional: bool
    edition: int


def edition(number: int | None = None) -> Edition:
    """Returns the calendar edition in force with this number, by default the latest.

    Raises NotFound for an unknown number.
    """
    known = editions()
    if number is None:
        return known[-1]
    for candidate in known:
        if candidate.number == number:
            return candidate
    raise NotFound(f"没有第{number}版工作日历", f"there is no calendar edition {number}")


def edition_on(day: date) -> Edition:
    """Returns the latest calendar edition published on or before a day.

    Before the first edition, returns the empty calendar.
    """
    known = [e for e in editions() if e.published_on <= day]
    return known[-1] if known else NOTHING_PUBLISHED


def nth_working_day(start: date, n: int, edition: Edition) -> DueDate:
    """Returns the n-th working day after `start`; the day `start` itself is not counted.

    CIVIL-CODE 201. The result is the last day, inclusive, of a term of `n` working days. It is
    provisional where the edition does not contain a year in the count. Raises InvalidInput for n <
    1, and for a result after the last possible date.
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
    """Returns the n-th working day counted back from `end`, for n of at least 1.

    If `end` is a working day, it counts as the first. On the morning of the result, n working days
    are left up to and including `end`.
    """
    day, left = end, n - edition.is_workday(end)
    while left > 0:
        day -= _DAY
        left -= edition.is_workday(day)
    return day


def next_working_day(day: date, edition: Edition) -> DueDate:
    """Returns the day itself if it is a working day, otherwise the next one (CIVIL-CODE 203)."""
    return nth_working_day(day - _DAY, 1, edition)


def working_days_between(start: date, end: date, edition: Edition) -> int:
    """Returns the number of working days after `start`, up to and including `end`.

    The result is 0 if `end` is earlier. As in `nth_working_day`, the day `start` is not counted.
    """
    span = (end - start).days
    return sum(edition.is_workday(start + _DAY * i) for i in range(1, span + 1))

"""Arithmetic with calendar months and years, evidence windows, and local days in Shanghai.

A period of n months from the 31st ends on the last day of a shorter month (CIVIL-CODE 202). A fact
of day d counts under a window of n years while d ≤ day ≤ d + n years (C-02).
"""

from __future__ import annotations

from calendar import isleap, monthrange
from datetime import date, datetime, time, timedelta, timezone

# China has had no summer time since 1991, so no time-zone data are needed.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def add_months(day: date, months: int) -> date:
    """Returns the day `months` calendar months later, or earlier if `months` is negative.

    If the month is too short, returns its last day.
    """
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def add_years(day: date, years: int) -> date:
    """Returns the same day `years` calendar years later.

    In a common year, 29 February becomes 28 February.
    """
    return add_months(day, 12 * years)


def earliest_counting(day: date, years: int) -> date:
    """Returns the earliest day whose fact still counts on `day`, under a window of `years` years.

    A fact of 29 February counts up to and including 28 February of the last year.
    """
    if (day.month, day.day) == (2, 29) and not isleap(day.year - years):
        return date(day.year - years, 3, 1)
    return date(day.year - years, day.month, day.day)


def first_day_after(day: date, years: int) -> date:
    """Returns the first day on which a fact of `day` no longer counts.

    The fact counts for `years` calendar years, the last day inclusive (C-02).
    """
    return add_years(day, years) + timedelta(days=1)


def local_day(moment: datetime) -> date:
    """Returns the calendar day in Shanghai at a moment. Raises ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date, hour: int = 0) -> datetime:
    """Returns the moment at which an hour (0 to 23) of a day begins in Shanghai."""
    return datetime.combine(day, time(hour), tzinfo=SHANGHAI)

"""Calendar months and years, clamped at the month's end; evidence windows; Shanghai's local days.

A period of n months from the 31st ends on the last day of a shorter month (CIVIL-CODE 202). A fact
of day d counts under a window of n years while d ≤ day ≤ d + n years (C-02).
"""

from __future__ import annotations

from calendar import isleap, monthrange
from datetime import date, datetime, time, timedelta, timezone

# China has had no summer time since 1991, so no time-zone data are needed.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def add_months(day: date, months: int) -> date:
    """The same day `months` calendar months later (earlier if negative), clamped at month end."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def add_years(day: date, years: int) -> date:
    """The same day `years` years later; 29 February becomes 28 in a common year."""
    return add_months(day, 12 * years)


def earliest_counting(day: date, years: int) -> date:
    """The earliest day whose fact still counts on `day` under a window of `years`.

    A fact of 29 February counts up to and including 28 February of the last year.
    """
    if (day.month, day.day) == (2, 29) and not isleap(day.year - years):
        return date(day.year - years, 3, 1)
    return date(day.year - years, day.month, day.day)


def first_day_after(day: date, years: int) -> date:
    """The first day on which a fact of `day` no longer counts under a window of `years`."""
    return add_years(day, years) + timedelta(days=1)


def local_day(moment: datetime) -> date:
    """The local day in Shanghai. Raises ValueError for a moment without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date, hour: int = 0) -> datetime:
    """The moment at which an hour of a local day in Shanghai begins, by default its first."""
    return datetime.combine(day, time(hour), tzinfo=SHANGHAI)

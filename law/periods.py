"""Calendar months and years, clamped at the month's end; Shanghai's local days.

A period of n months from the 31st ends on the last day of a shorter month (CIVIL-CODE 202).
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, time, timedelta, timezone

# China keeps one offset all year (no summer time since 1991), so no time-zone file is needed.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")


def add_months(day: date, months: int) -> date:
    """The same day `months` calendar months later (earlier if negative), clamped at month end."""
    index = day.year * 12 + day.month - 1 + months
    year, month = index // 12, index % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def add_years(day: date, years: int) -> date:
    """The same day `years` years later; 29 February becomes 28 in a common year."""
    return add_months(day, 12 * years)


def local_day(moment: datetime) -> date:
    """The local day in Shanghai at an aware moment. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(SHANGHAI).date()


def start_of(day: date, hour: int = 0) -> datetime:
    """The aware moment at which a local day starts, or that hour of it."""
    return datetime.combine(day, time(hour), tzinfo=SHANGHAI)

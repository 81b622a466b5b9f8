"""Evidence windows: a fact counts while d ≤ day ≤ d + n years, clamped at month end (C-02)."""

from __future__ import annotations

from calendar import isleap
from datetime import date, timedelta

from law.periods import add_years


def earliest_counting(day: date, years: int) -> date:
    """Return the first day whose fact still counts on `day` under a window of `years`.

    The inverse of `add_years`: a fact of 29 February still counts on 28 February, and on
    29 February one of the day before does not.
    """
    if (day.month, day.day) == (2, 29) and not isleap(day.year - years):
        return date(day.year - years, 3, 1)
    return date(day.year - years, day.month, day.day)


def first_day_after(day: date, years: int) -> date:
    """Return the first day on which a fact of `day` no longer counts."""
    return add_years(day, years) + timedelta(days=1)

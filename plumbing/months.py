"""Calendar months of Asia/Shanghai, for figures of a month that is over."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlmodel import col

from plumbing.clock import midnight


class Month(NamedTuple):
    """A calendar month: its first and last day, both inclusive."""

    first: date
    last: date

    @classmethod
    def of(cls, text: str, today: date) -> Month:
        """Returns the month written as 2026-09; the one before today's for an empty text."""
        day = date.fromisoformat(f"{text}-01") if text else before(today.replace(day=1))
        following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        return cls(day.replace(day=1), following - timedelta(days=1))

    def days(self, column: Any) -> sa.ColumnElement[bool]:
        """Returns the SQL condition that a column of days is in the month."""
        return col(column).between(self.first, self.last)

    def moments(self, column: Any) -> sa.ColumnElement[bool]:
        """Returns the SQL condition that a column of moments is in the month."""
        end = midnight(self.last + timedelta(days=1))
        return sa.and_(col(column) >= midnight(self.first), col(column) < end)

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


def before(day: date) -> date:
    """Returns the day before."""
    return day - timedelta(days=1)

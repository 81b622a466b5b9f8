"""Conditions of lists on the local days, from the first to the last, on which something was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import col

from plumbing import validation
from plumbing.clock import midnight


def on_days(column: Any, request: Any) -> Iterator[sa.ColumnElement[bool]]:
    """Yields the conditions for moments within `from_day` and `to_day` of a request, inclusive.

    An empty day is no limit. Raises InvalidInput for a day that does not exist.
    """
    if day := validation.day(request.from_day, "from_day"):
        yield col(column) >= midnight(day)
    if day := validation.day(request.to_day, "to_day"):
        yield col(column) < midnight(day + timedelta(days=1))

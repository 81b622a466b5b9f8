"""Hours and values of records as people and programs write them, and as the register keeps them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from law.laboratories import HUNDREDTHS
from plumbing.clock import SHANGHAI

HOUR = timedelta(hours=1)
_VALUE = re.compile(r"(-?)(\d{1,4})(?:\.(\d{1,2}))?")


def moment_of(text: str) -> datetime:
    """Returns the moment of a text in Beijing time, such as 2026-10-08T09:30.

    Raises ValueError for a moment that does not exist.
    """
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def text_of(moment: datetime) -> str:
    """Returns a moment as such a text."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def hour_of(moment: datetime) -> datetime:
    """Returns the beginning of the hour in which a moment lies."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hours_of(worked_from: str, worked_until: str) -> list[datetime]:
    """Returns the hours in which work was done, also those in which it began or ended.

    An end on the hour does not touch the hour that begins then.
    """
    begin, end = hour_of(moment_of(worked_from)), moment_of(worked_until)
    hours, hour = list[datetime](), begin
    while hour < end or not hours:
        hours.append(hour)
        hour += HOUR
    return hours


def hundredths(text: str) -> int | None:
    """Returns a value such as -5.25 in hundredths; None for what is no such number."""
    found = _VALUE.fullmatch(text)
    if found is None:
        return None
    sign, whole, fraction = found.groups()
    value = int(whole) * HUNDREDTHS + int((fraction or "").ljust(2, "0"))
    return -value if sign else value


def decimal(value: int | None) -> str:
    """Returns a value in hundredths as people read it, such as -5.25; empty for none."""
    if value is None:
        return ""
    whole, rest = divmod(abs(value), HUNDREDTHS)
    return f"{'-' if value < 0 else ''}{whole}" + (f".{rest:02}".rstrip("0") if rest else "")

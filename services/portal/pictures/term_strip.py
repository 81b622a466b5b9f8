"""The term strip: every day of a term, which days count, and where today and the last day are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from law.errors import NotFound
from law.terms.workdays import Edition, edition
from protos.objection.v1 import objection_pb2 as pb

_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class StripDay:
    """One day of a term strip.

    `number` counts the working days from the first one after the event; None for other days.
    """

    day: date
    kind: str  # work, make_up, holiday or weekend
    number: int | None
    is_event: bool
    is_today: bool
    is_target: bool
    is_latest: bool
    is_extension: bool


@dataclass(frozen=True)
class TermStrip:
    """The days of a term, from its event to the last day that it can reach."""

    days: tuple[StripDay, ...]
    budget: int
    cap: int


def term_strip(term: pb.Term, today: str) -> TermStrip:
    """Builds the strip of a term; `today` is the platform's date in ISO format."""
    calendar = _edition(term.calendar_edition)
    days = tuple(_days(term, date.fromisoformat(today), calendar))
    return TermStrip(days, term.budget_days, term.cap_days)


def _days(term: pb.Term, today: date, calendar: Edition) -> Iterator[StripDay]:
    start, target = date.fromisoformat(term.started_on), date.fromisoformat(term.target_on)
    latest = date.fromisoformat(term.latest_on)
    number, day = 0, start
    while day <= max(target, latest):
        counts = day > start and calendar.is_workday(day)
        number += counts
        yield StripDay(
            day=day,
            kind=_kind(day, calendar),
            number=number if counts else None,
            is_event=day == start,
            is_today=day == today,
            is_target=day == target,
            is_latest=day == latest,
            is_extension=day > target,
        )
        day += _DAY


def _kind(day: date, calendar: Edition) -> str:
    weekend = day.weekday() >= _SATURDAY
    if calendar.is_workday(day):
        return "make_up" if weekend else "work"
    return "weekend" if weekend and day not in calendar.off else "holiday"


def _edition(number: int) -> Edition:
    try:
        return edition(number)
    except NotFound:  # the services run a newer release than the portal
        return edition()

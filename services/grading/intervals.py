"""Grades in two times: the days on which a grade was in force, and the time while that was known.

1. Of the statements known at a moment, at most one is in force on any day; the last has no end.
2. When a new grade comes into force on day T, the statements that reach beyond T end: they were
   known until now.
3. For the days before T they are stated again: in force until T, known from now.
4. The new grade is stated from T on. Of several new grades each ends where the next begins.
5. Only `known_to` is ever changed, so a question about what was known before can be answered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


class Statement(Protocol):
    """A statement in both times; an end is exclusive, None means that there is none."""

    in_force_from: date
    in_force_to: date | None
    known_from: datetime
    known_to: datetime | None


@dataclass(frozen=True)
class Succession:
    """What new statements change about those already known."""

    ended: tuple[int, ...]  # positions of the known statements that end: known until `at`
    again: int | None  # position of the one to state again, in force until the first new day
    ends: tuple[date | None, ...]  # the day on which each new statement ends, exclusive
    at: datetime  # the moment from which all this is known


def succession(known: Sequence[Statement], starts: Sequence[date], now: datetime) -> Succession:
    """Computes what new statements, each in force from one of the ascending days, change.

    `at` is never before the moment at which an ended statement became known: after a clock was
    set back, no statement ends before it began.
    """
    first = starts[0]
    ended = tuple(
        place
        for place, statement in enumerate(known)
        if statement.in_force_to is None or statement.in_force_to > first
    )
    again = next((place for place in ended if known[place].in_force_from < first), None)
    at = max([now, *(known[place].known_from for place in ended)])
    return Succession(ended, again, (*starts[1:], None), at)


def gaps(known: Sequence[Statement]) -> list[date]:
    """The first days of the known statements, in order, that do not end where the next begins."""
    next_days: list[date | None] = [statement.in_force_from for statement in known[1:]]
    return [
        statement.in_force_from
        for statement, next_day in zip(known, [*next_days, None], strict=True)
        if statement.in_force_to != next_day
    ]

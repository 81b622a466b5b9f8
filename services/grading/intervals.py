"""Grades in two times: the days on which a grade is in force, and the period in which it is known.

1. Of the statements known at a moment, at most one is in force on any day; the latest has no end.
2. When a new grade comes into force on day T, the known statements that reach beyond T are ended:
   they were known until now.
3. For the days before T, the statement that covers T is stated again: in force until T, known
   from now.
4. The new grade is stated from T on. Each of several new grades ends on the day the next begins.
5. Only `known_to` is ever changed, so every past state of knowledge can be read later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


class Statement(Protocol):
    """A grade with two intervals: the days on which it is in force, and when it was known.

    Each interval includes its start and not its end; an end of None means that it has no end.
    """

    in_force_from: date
    in_force_to: date | None
    known_from: datetime
    known_to: datetime | None


@dataclass(frozen=True)
class Succession:
    """The changes that new grade statements make to the statements already known."""

    ended: tuple[int, ...]  # positions of the known statements that end: known until `at`
    again: int | None  # position of the one to state again, in force until the first new day
    ends: tuple[date | None, ...]  # the day on which each new statement ends, exclusive
    at: datetime  # the moment from which all this is known


def succession(known: Sequence[Statement], starts: Sequence[date], now: datetime) -> Succession:
    """Computes how new statements, each in force from one of the days `starts`, change known ones.

    `starts` is ascending. `at` of the result is never before the moment at which an ended statement
    became known, even if the clock was set back; so no statement ends before it begins.
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
    """Returns the first day of each known statement that does not end where the next one begins.

    `known` must be in the order of its days; the last statement must have no end.
    """
    next_days: list[date | None] = [statement.in_force_from for statement in known[1:]]
    return [
        statement.in_force_from
        for statement, next_day in zip(known, [*next_days, None], strict=True)
        if statement.in_force_to != next_day
    ]

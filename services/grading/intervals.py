"""Grades in two times: when a grade was in force, and when that was what was known.

1. Of the statements known at a moment, at most one is in force on any day; the last is open.
2. A new grade comes into force on a day T: statements reaching beyond T are known until now,
3. what they said of the days before T is stated again, known from now, in force until T,
4. and the new grade is stated from T on; several at once each end where the next begins.
5. Nothing is ever rewritten but `known_to`: what was known before stays answerable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol


class Statement(Protocol):
    """A statement in both times; ends are exclusive, and None is open."""

    in_force_from: date
    in_force_to: date | None
    known_from: datetime
    known_to: datetime | None


@dataclass(frozen=True)
class Succession:
    """What new statements from certain days on do to those already known."""

    ended: tuple[int, ...]  # places of known statements that are known until `at`
    again: int | None  # the one of them to be stated again, in force until the first new day
    ends: tuple[date | None, ...]  # where each new statement ends
    at: datetime  # the moment from which all this is known


def succession(known: Sequence[Statement], starts: Sequence[date], now: datetime) -> Succession:
    """Work out the succession of new statements from ascending days; `known` are those now known.

    Its moment is never before one at which something known became so: a clock set back must not
    make a statement end before it began.
    """
    first = starts[0]
    ended = tuple(
        place
        for place, one in enumerate(known)
        if one.in_force_to is None or one.in_force_to > first
    )
    again = next((place for place in ended if known[place].in_force_from < first), None)
    at = max([now, *(known[place].known_from for place in ended)])
    return Succession(ended, again, (*starts[1:], None), at)


def gaps(known: Sequence[Statement]) -> list[date]:
    """List the days at which the statements now known, in order, overlap or leave a gap."""
    following: list[date | None] = [one.in_force_from for one in known[1:]]
    return [
        one.in_force_from
        for one, until in zip(known, [*following, None], strict=True)
        if one.in_force_to != until
    ]

"""Who is late with the verification behind a yellow or red alert: owner, institution, or both.

S4 二(三) asks owners to apply for a verification before it expires, S4 二(四) asks institutions to
complete it in time; no text names who is late, so this is a reading (C-47). An application is in
time up to the last valid day, so no owner is late before. Of an instrument that is red by a result,
or never verified, none is: it may not be used before it has passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from law.colours.basis import Basis
from law.colours.rule import Colour

CITE = "S4 二(三); S4 二(四); C-47"
_WATCHED = (Colour.YELLOW, Colour.RED)


class Late(StrEnum):
    """Who is late."""

    NOBODY = ""
    OWNER = "owner"
    INSTITUTION = "institution"
    BOTH = "both"


@dataclass(frozen=True)
class Application:
    """An application for verification that has not ended.

    `in_time` is true if it was made while the verification before was in force. `due_on` is the
    last day on which the institution takes its next step in time, inclusive.
    """

    in_time: bool
    due_on: date


def who(*, owner: bool, institution: bool) -> Late:
    """Returns who is late, of the two."""
    if owner and institution:
        return Late.BOTH
    return Late.OWNER if owner else Late.INSTITUTION if institution else Late.NOBODY


def applied_in_time(valid_until: date | None, applied_on: date) -> bool:
    """Returns whether an application was made in time: up to the last valid day (C-47).

    `valid_until` is that day, inclusive, of the verification that was in force; None if none was.
    """
    return valid_until is not None and applied_on <= valid_until


def owner_is_late(colour: Colour, basis: Basis, *, in_time: bool) -> bool:
    """Returns whether the owner of an instrument is late; `in_time` is its open application (C-47).

    `colour` and `basis` are the instrument's on the day. `in_time` is False without an application.
    """
    return colour is Colour.RED and not (basis is Basis.DATED and in_time)


def late(colour: Colour, basis: Basis, application: Application | None, on: date) -> Late:
    """Returns who is late on a day with the verification of an instrument.

    S4 二(三), 二(四); C-47. `colour` and `basis` are the instrument's on that day. Nobody is late
    with an instrument that is neither yellow nor red. With a red one the owner is, unless an
    application made in time is open; the institution is once the last day of its next step is over.
    """
    if colour not in _WATCHED:
        return Late.NOBODY
    in_time = application is not None and application.in_time
    overdue = application is not None and on > application.due_on
    return who(owner=owner_is_late(colour, basis, in_time=in_time), institution=overdue)

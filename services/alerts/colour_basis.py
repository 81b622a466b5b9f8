"""Where an instrument stands: what its colour rests on, and the days on which it changes.

Everything is asked of the law (S4 四(一), C-19). A standing is kept with the instrument so that
the watch can be set-based; a colour is not: it follows from the standing and the day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from law.colours import rule as colours
from law.colours.rule import (
    Colour,
    ColourAnswer,
    InstrumentState,
    Mode,
    VerificationFact,
    VerificationResult,
)
from law.errors import InvalidInput
from law.instruments import catalogue


class Standing(StrEnum):
    """What a colour rests on: a date, or that which decides without one (the law's reasons)."""

    DATED = "dated"
    REJECTED = "rejected"
    REPAIRED = "repaired"
    UNVERIFIED = "unverified"
    FIRST_ONLY = "first_only"
    NOT_VERIFIED = "not_verified"
    OUT_OF_USE = "out_of_use"
    UNDATED = "undated"  # a pass without the date it needs: nothing can be said
    REMOVED = "removed"


AT_ONCE = (Standing.REJECTED, Standing.REPAIRED)
# Red without a date. `unverified` waits for the morning's watch: a verification that is still on
# its way, behind the instrument it belongs to, must not be overtaken by an alarm.
REDS = (*AT_ONCE, Standing.UNVERIFIED)
LADDER = (Colour.GREEN, Colour.YELLOW, Colour.RED)

_QUESTIONS: Mapping[Standing, Mapping[str, Any]] = {
    Standing.REJECTED: {"last_result": VerificationResult.REJECT},
    Standing.REPAIRED: {"last_result": VerificationResult.REPAIRED},
    Standing.FIRST_ONLY: {
        "last_result": VerificationResult.PASS,
        "mode": Mode.FIRST_THEN_SCRAP,
    },
    Standing.NOT_VERIFIED: {"mode": Mode.TYPE_APPROVAL_ONLY},
    Standing.OUT_OF_USE: {"state": InstrumentState.STOPPED},
}
_UNDATED = ColourAnswer(
    Colour.NONE,
    "C-19",
    "检定合格但没有登记有效期，待核实",
    "undated",
    "passed without a valid-until day on file; to be checked",
)


@dataclass(frozen=True)
class Stand:
    """How an instrument stands. `since` is the day of the result that decides, if one does."""

    standing: Standing
    governing_id: str
    last_result: VerificationResult | None
    valid_until: date | None
    since: date | None


def mode_of(type_code: str) -> Mode:
    """How the catalogue has the type verified; one it does not know, periodically."""
    known = catalogue().get(type_code)
    return known.mode if known else Mode.PERIODIC


def stand_of(
    type_code: str,
    state: InstrumentState,
    rotate_on: date | None,
    verifications: Sequence[VerificationFact],
) -> Stand:
    """How an instrument stands, given its verifications in the order they were recorded."""
    governing = colours.governing(verifications)
    if governing is None:
        return Stand(_standing(None, state, None, mode_of(type_code)), "", None, None, None)
    mode = mode_of(type_code)
    valid_until = colours.deciding_day(governing, mode, rotate_on)
    standing = _standing(valid_until, state, governing.result, mode)
    return Stand(standing, governing.id, governing.result, valid_until, governing.verified_on)


def _standing(
    valid_until: date | None,
    state: InstrumentState,
    result: VerificationResult | None,
    mode: Mode,
) -> Standing:
    question = {"valid_until": valid_until, "state": state, "last_result": result, "mode": mode}
    try:
        if colours.changes(**question):  # type: ignore[arg-type]
            return Standing.DATED
        return Standing(colours.colour(on=date.max, **question).reason_id)  # type: ignore[arg-type]
    except InvalidInput:
        return Standing.UNDATED


@lru_cache(maxsize=8192)
def answer(standing: Standing, valid_until: date | None, on: date) -> ColourAnswer:
    """The colour of an instrument that stands so, with its reason and article."""
    if standing in (Standing.UNDATED, Standing.REMOVED):
        return _UNDATED
    question = {
        "state": InstrumentState.IN_USE,
        "last_result": None,
        **_QUESTIONS.get(standing, {}),
    }
    day = valid_until if standing is Standing.DATED else None
    return colours.colour(valid_until=day, on=on, **question)


@lru_cache(maxsize=8192)
def ladder(
    standing: Standing, valid_until: date | None, since: date | None
) -> tuple[tuple[date, Colour], ...]:
    """Every colour that comes while it stands so, with the day on which the law reaches it."""
    if standing is Standing.DATED:
        return colours.changes(
            valid_until=valid_until, state=InstrumentState.IN_USE, last_result=None
        )
    return ((since, Colour.RED),) if standing in REDS and since else ()


def reached_on(
    standing: Standing, valid_until: date | None, since: date | None, colour: Colour
) -> date:
    """The day on which the law reached a colour of the ladder."""
    return next(day for day, rung in ladder(standing, valid_until, since) if rung is colour)

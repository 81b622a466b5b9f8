"""Colour of an instrument from its dates and state: none, green, yellow, red.

S4 四(一), in the reading of C-19: calendar months clamped at month end; the most
severe colour wins; the valid-until day itself is valid; an instrument in use that was rejected,
repaired but not yet passed, or never verified is red; one not in use has no colour.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from law.errors import Fault, InvalidInput
from law.packaged import read
from law.periods import add_months

_DAY = timedelta(days=1)


class Colour(StrEnum):
    """Supervision colour, least severe first."""

    NONE = "none"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"

    @property
    def severity(self) -> int:
        """0 for none up to 3 for red."""
        return list(Colour).index(self)


class InstrumentState(StrEnum):
    """Whether the instrument is used; only one in use is watched."""

    IN_USE = "in_use"
    SPARE = "spare"
    STOPPED = "stopped"
    SCRAPPED = "scrapped"


class VerificationResult(StrEnum):
    """What a verification found; `repaired` means repaired since and not yet passed again."""

    PASS = "pass"
    REJECT = "reject"
    REPAIRED = "repaired"
    PENDING = "pending"


class Mode(StrEnum):
    """How the catalogue has the type verified: periodically, or only once before use."""

    PERIODIC = "periodic"
    FIRST_THEN_ROTATE = "first_then_rotate"
    FIRST_THEN_SCRAP = "first_then_scrap"
    TYPE_APPROVAL_ONLY = "type_approval_only"


@dataclass(frozen=True)
class ColourAnswer:
    """A colour with the article it rests on and the reason, in Chinese and for programs."""

    colour: Colour
    cite: str
    reason: str
    reason_id: str


@dataclass(frozen=True)
class VerificationFact:
    """One verification of an instrument; `valid_until` is the last valid day, if it has one."""

    id: str
    result: VerificationResult
    verified_on: date
    valid_until: date | None = None


@cache
def _months() -> dict[Colour, int]:
    return {Colour(e["colour"]): e["months"] for e in read("colours")["months_before"]}


def _answer(colour: Colour, entry: dict[str, Any], reason_id: str) -> ColourAnswer:
    return ColourAnswer(colour, entry["cite"], entry["name_zh"], reason_id)


def _red(reason_id: str) -> ColourAnswer:
    return _answer(Colour.RED, read("colours")["red"][reason_id], reason_id)


def _none(reason_id: str) -> ColourAnswer:
    return _answer(Colour.NONE, read("colours")["none"][reason_id], reason_id)


def _warning(colour: Colour) -> ColourAnswer:
    entries = read("colours")["months_before"]
    return _answer(colour, next(e for e in entries if e["colour"] == colour), colour)


def colour(
    *,
    valid_until: date | None,
    state: InstrumentState,
    last_result: VerificationResult | None,
    on: date,
    mode: Mode = Mode.PERIODIC,
) -> ColourAnswer:
    """The colour on a day: the most severe that applies.

    S4 四(一); C-19. `valid_until` is the last valid day of the governing verification (or the
    rotation date of a type verified only once). `last_result` is None when no result is on file:
    then a date decides, and without one there never was a verification. So it is with a pending
    result, which changes nothing. Raises InvalidInput for a pass without a date where the type
    is verified periodically.
    """
    decided = _date_or_answer(valid_until, state, last_result, mode)
    return decided if isinstance(decided, ColourAnswer) else _by_date(decided, on)


def _date_or_answer(
    valid_until: date | None,
    state: InstrumentState,
    last_result: VerificationResult | None,
    mode: Mode,
) -> ColourAnswer | date:
    """The valid-until day that decides, or the answer where no date plays a part."""
    _refuse_undated_pass(valid_until, last_result, mode)
    if state is not InstrumentState.IN_USE:
        return _none("out_of_use")
    if last_result is VerificationResult.REJECT:
        return _red("rejected")
    if last_result is VerificationResult.REPAIRED:
        return _red("repaired")
    if valid_until is not None:
        return valid_until
    if mode is Mode.TYPE_APPROVAL_ONLY:
        return _none("not_verified")
    return _none("first_only") if last_result is VerificationResult.PASS else _red("unverified")


def _refuse_undated_pass(
    valid_until: date | None, last_result: VerificationResult | None, mode: Mode
) -> None:
    if last_result is VerificationResult.PASS and valid_until is None and mode is Mode.PERIODIC:
        zh, en = "周期检定合格须有有效期", "a periodic pass needs its valid-until day"
        raise InvalidInput(zh, en, faults=(Fault("valid_until", zh, en),))


def _by_date(valid_until: date, on: date) -> ColourAnswer:
    if on > valid_until:
        return _red("overdue")
    for candidate in (Colour.YELLOW, Colour.GREEN):
        if on >= add_months(valid_until, -_months()[candidate]):
            return _warning(candidate)
    return _none("valid")


def changes(
    *,
    valid_until: date | None,
    state: InstrumentState,
    last_result: VerificationResult | None,
    mode: Mode = Mode.PERIODIC,
) -> tuple[tuple[date, Colour], ...]:
    """The first day of each colour that comes with time, earliest first; empty if none does.

    The inverse of `colour`: nothing else happening, these are all the days on which it changes.
    """
    last_day = _date_or_answer(valid_until, state, last_result, mode)
    if isinstance(last_day, ColourAnswer):
        return ()
    return (
        (add_months(last_day, -_months()[Colour.GREEN]), Colour.GREEN),
        (add_months(last_day, -_months()[Colour.YELLOW]), Colour.YELLOW),
        (last_day + _DAY, Colour.RED),
    )


def latest_valid_until(colour: Colour, on: date) -> date:
    """The latest valid-until day that has reached at least that colour on that day.

    For comparing ranges in SQL: `valid_until <= latest_valid_until(c, on)` holds exactly for
    the instruments watched by date whose colour on the day is `c` or more severe. Months are
    clamped, so on the last day of a month every later day of the target month is included.
    Raises InvalidInput for `none`, which every date has reached.
    """
    if colour is Colour.NONE:
        raise InvalidInput("“无颜色”没有对应日期", "no colour has no latest date")
    if colour is Colour.RED:
        return on - _DAY
    months = _months()[colour]
    return max(add_months(on, months), _month_end_if_month_end(on, months))


def _month_end_if_month_end(on: date, months: int) -> date:
    if (on + _DAY).month == on.month:
        return date.min
    there = add_months(on.replace(day=1), months)
    return there.replace(day=monthrange(there.year, there.month)[1])


def governing(
    verifications: Sequence[VerificationFact], on: date | None = None
) -> VerificationFact | None:
    """The verification that decides: the latest one with a result, as known up to `on`.

    A pending result changes nothing, so the one before it stays (C-19). Of several on one day
    the last in the given order, the order of recording, decides. None if there is none.
    """
    settled = [
        v
        for v in verifications
        if v.result is not VerificationResult.PENDING and (on is None or v.verified_on <= on)
    ]
    return max(enumerate(settled), key=lambda e: (e[1].verified_on, e[0]))[1] if settled else None


def deciding_day(
    verification: VerificationFact | None, mode: Mode, rotate_on: date | None
) -> date | None:
    """The last day for which a governing verification vouches; None where it vouches for none.

    Of a pass that is its valid-until day; of a type verified only once its rotation date, where it
    has one (C-19). This is what `colour` takes as `valid_until`.
    """
    if verification is None or verification.result is not VerificationResult.PASS:
        return None
    once_only = mode in (Mode.FIRST_THEN_ROTATE, Mode.FIRST_THEN_SCRAP)
    return (rotate_on if once_only else None) or verification.valid_until

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

from law.colours.data import RED, Reason, colour_rules
from law.errors import Fault, InvalidInput
from law.periods import add_months
from law.reader.data_file import in_force, in_force_or_next

_DAY = timedelta(days=1)
_WHAT = ("三色预警", "the three-colour alert")


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
    """A colour with its article and the reason: in Chinese, for programs, in English."""

    colour: Colour
    cite: str
    reason: str
    reason_id: str
    reason_en: str = ""


@dataclass(frozen=True)
class VerificationFact:
    """One verification of an instrument; `valid_until` is the last valid day, if it has one."""

    id: str
    result: VerificationResult
    verified_on: date
    valid_until: date | None = None


def _said(colour: Colour, reason_id: str, on: date) -> ColourAnswer:
    """The answer with its article and words as they hold on a day."""
    rules = colour_rules()
    versions = rules.warnings.get(reason_id) or rules.reasons[reason_id]
    said = in_force(versions, on, *_WHAT)
    return ColourAnswer(colour, said.cite, said.name_zh, reason_id, said.name_en)


def _months(colour: Colour, on: date) -> int:
    return in_force(colour_rules().warnings[colour], on, *_WHAT).months


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
    is verified periodically, NotInForce for a day on which the article does not hold.
    """
    decided = date_or_reason(valid_until, state, last_result, mode)
    if isinstance(decided, date):
        return _by_date(decided, on)
    return _said(Colour.RED if decided in RED else Colour.NONE, decided, on)


def date_or_reason(
    valid_until: date | None,
    state: InstrumentState,
    last_result: VerificationResult | None,
    mode: Mode,
) -> Reason | date:
    """The valid-until day that decides, or the reason where no date plays a part."""
    _refuse_undated_pass(valid_until, last_result, mode)
    if state is not InstrumentState.IN_USE:
        return Reason.OUT_OF_USE
    if last_result is VerificationResult.REJECT:
        return Reason.REJECTED
    if last_result is VerificationResult.REPAIRED:
        return Reason.REPAIRED
    if valid_until is not None:
        return valid_until
    if mode is Mode.TYPE_APPROVAL_ONLY:
        return Reason.NOT_VERIFIED
    return Reason.FIRST_ONLY if last_result is VerificationResult.PASS else Reason.UNVERIFIED


def _refuse_undated_pass(
    valid_until: date | None, last_result: VerificationResult | None, mode: Mode
) -> None:
    if last_result is VerificationResult.PASS and valid_until is None and mode is Mode.PERIODIC:
        zh, en = "周期检定合格须有有效期", "a periodic pass needs its valid-until day"
        raise InvalidInput(zh, en, faults=(Fault("valid_until", zh, en),))


def _by_date(valid_until: date, on: date) -> ColourAnswer:
    if on > valid_until:
        return _said(Colour.RED, Reason.OVERDUE, on)
    for candidate in (Colour.YELLOW, Colour.GREEN):
        if on >= add_months(valid_until, -_months(candidate, on)):
            return _said(candidate, candidate, on)
    return _said(Colour.NONE, Reason.VALID, on)


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
    last_day = date_or_reason(valid_until, state, last_result, mode)
    if not isinstance(last_day, date):
        return ()
    green, yellow = (_first_day(colour, last_day) for colour in (Colour.GREEN, Colour.YELLOW))
    return (green, Colour.GREEN), (yellow, Colour.YELLOW), (last_day + _DAY, Colour.RED)


def _first_day(colour: Colour, last_day: date) -> date:
    """The first day of a warning, by the months that hold when it comes or are first to hold."""
    versions = colour_rules().warnings[colour]
    return add_months(last_day, -in_force_or_next(versions, last_day, *_WHAT).months)


def latest_valid_until(colour: Colour, on: date) -> date:
    """The latest valid-until day that has reached at least that colour on that day.

    For comparing ranges in SQL: `valid_until <= latest_valid_until(c, on)` holds exactly for
    the instruments watched by date whose colour on the day is `c` or more severe. Months are
    clamped, so on the last day of a month every later day of the target month is included.
    Raises InvalidInput for `none`, which every date has reached, NotInForce for a day on which
    the article does not hold.
    """
    if colour is Colour.NONE:
        raise InvalidInput("“无颜色”没有对应日期", "no colour has no latest date")
    if colour is Colour.RED:
        return on - _DAY
    months = _months(colour, on)
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

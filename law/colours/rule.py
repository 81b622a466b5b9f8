"""Computes the colour of an instrument (none, green, yellow or red) from its dates and state.

S4 四(一) as read in C-19. Months are calendar months; a day that a month does not have becomes its
last day. The most severe colour applies. The valid-until day itself is still valid. An instrument
in use is red when it was rejected, was repaired and has not passed since, or was never verified. An
instrument that is not in use has no colour, nor has one under no compulsory verification unless its
last result is a rejection or a repair (C-44).
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from law.colours.data import RED, Reason, colour_rules
from law.errors import Fault, InvalidInput
from law.figures import in_force, in_force_or_next, stretches, validities
from law.periods import add_months

_DAY = timedelta(days=1)
_WHAT = ("三色预警", "the three-colour alert")


class Colour(StrEnum):
    """The supervision colours of an instrument, least severe first."""

    NONE = "none"
    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"

    @property
    def severity(self) -> int:
        """The severity of the colour as a number: 0 for none, 1 green, 2 yellow, 3 red."""
        return _SEVERITIES[self]


_SEVERITIES = {colour: severity for severity, colour in enumerate(Colour)}
_WARNINGS = (Colour.YELLOW, Colour.GREEN)  # the more severe first


class InstrumentState(StrEnum):
    """Whether the instrument is in use; only an instrument in use has a colour."""

    IN_USE = "in_use"
    SPARE = "spare"
    STOPPED = "stopped"
    SCRAPPED = "scrapped"


class VerificationResult(StrEnum):
    """The result of a verification; `repaired` means repaired and not yet passed again."""

    PASS = "pass"
    REJECT = "reject"
    REPAIRED = "repaired"
    PENDING = "pending"


class Mode(StrEnum):
    """How a type of instrument is verified under the catalogue: periodically, or once before use.

    In the two modes `first_then_…` it is verified once before use. `type_approval_only` means that
    it needs no verification, only type approval.
    """

    PERIODIC = "periodic"
    FIRST_THEN_ROTATE = "first_then_rotate"
    FIRST_THEN_SCRAP = "first_then_scrap"
    TYPE_APPROVAL_ONLY = "type_approval_only"


@dataclass(frozen=True)
class ColourAnswer:
    """A colour with its article and its reason.

    `reason` is the reason in Chinese, `reason_en` in English, and `reason_id` an id for programs.
    """

    colour: Colour
    cite: str
    reason: str
    reason_id: str
    reason_en: str = ""


@dataclass(frozen=True)
class VerificationFact:
    """One verification of an instrument; `valid_until` is the last valid day, None without one.

    `part` is the nozzle, channel or phase whose result it is; empty for the whole instrument. One
    that `precedes` is known to come before the other results of its day, as a repair does.
    """

    id: str
    result: VerificationResult
    verified_on: date
    valid_until: date | None = None
    part: str = ""
    precedes: bool = False


def _answer(colour: Colour, reason_id: str, on: date) -> ColourAnswer:
    """The answer with its article and words as they hold on a day."""
    rules = colour_rules()
    versions = rules.warnings.get(reason_id) or rules.reasons[reason_id]
    ground = in_force(versions, on, *_WHAT)
    return ColourAnswer(colour, ground.cite, ground.name_zh, reason_id, ground.name_en)


def _months(colour: Colour, on: date) -> int:
    return in_force(colour_rules().warnings[colour], on, *_WHAT).months


def colour(
    *,
    valid_until: date | None,
    state: InstrumentState,
    last_result: VerificationResult | None,
    on: date,
    mode: Mode = Mode.PERIODIC,
    compulsory: bool = True,
) -> ColourAnswer:
    """Returns the most severe colour that applies to an instrument on a day, with its article.

    S4 四(一); C-19; C-44. `valid_until` is the last valid day of the latest verification with a
    result (or the rotation date of a type verified only once). If `last_result` is None, no result
    is on file: then `valid_until` decides, and without it the instrument counts as never verified.
    A pending result is treated like None. Raises InvalidInput for a pass without a date where the
    type is verified periodically, and NotInForce for a day on which the article does not hold.
    """
    basis = date_or_reason(valid_until, state, last_result, mode, compulsory=compulsory)
    if isinstance(basis, date):
        return _by_date(basis, on)
    return _answer(Colour.RED if basis in RED else Colour.NONE, basis, on)


def date_or_reason(
    valid_until: date | None,
    state: InstrumentState,
    last_result: VerificationResult | None,
    mode: Mode,
    *,
    compulsory: bool = True,
) -> Reason | date:
    """Returns the basis of a colour: the last valid day, or a reason that needs no date.

    Raises InvalidInput for a pass without a date where the type is verified periodically.
    """
    if compulsory:
        _refuse_undated_pass(valid_until, last_result, mode)
    if state is not InstrumentState.IN_USE:
        return Reason.OUT_OF_USE
    if last_result is VerificationResult.REJECT:
        return Reason.REJECTED
    if last_result is VerificationResult.REPAIRED:
        return Reason.REPAIRED
    if not compulsory:
        return Reason.NOT_COMPULSORY
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
        return _answer(Colour.RED, Reason.OVERDUE, on)
    for warning in _WARNINGS:
        if on >= add_months(valid_until, -_months(warning, on)):
            return _answer(warning, warning, on)
    return _answer(Colour.NONE, Reason.VALID, on)


def changes(
    *,
    valid_until: date | None,
    state: InstrumentState,
    last_result: VerificationResult | None,
    mode: Mode = Mode.PERIODIC,
) -> tuple[tuple[date, Colour], ...]:
    """Returns the days on which time alone changes the colour, with the new colour, earliest first.

    The result is empty where the colour does not depend on a date. Each day is judged by the
    warning months in force on that day, as in `colour`, so a colour can become less severe when the
    law changes the months. Days before the first version of the article are judged by that version.
    Raises NotInForce where the article ends before the last valid day.
    """
    basis = date_or_reason(valid_until, state, last_result, mode)
    if not isinstance(basis, date):
        return ()
    warnings = [(day, warning) for warning in _WARNINGS for day in _days_of(warning, basis)]
    days = sorted({edge for (first, last), _ in warnings for edge in (first, last + _DAY)})
    colours = [(day, _colour_among(warnings, basis, day)) for day in days]
    before = [Colour.NONE, *(colour for _, colour in colours)]
    return tuple(
        change for change, earlier in zip(colours, before, strict=False) if change[1] is not earlier
    )


def _days_of(warning: Colour, last_day: date) -> Iterator[tuple[date, date]]:
    """The stretches of days on which a warning applies, both ends included."""
    versions = colour_rules().warnings[warning]
    in_force_or_next(versions, last_day, *_WHAT)
    for start, end in stretches(*validities(versions)):
        if start <= last_day:
            months = in_force_or_next(versions, start, *_WHAT).months
            first, last = max(start, add_months(last_day, -months)), min(end, last_day)
            if first <= last:
                yield first, last


def _colour_among(
    warnings: Sequence[tuple[tuple[date, date], Colour]], last_day: date, on: date
) -> Colour:
    if on > last_day:
        return Colour.RED
    given = [warning for (first, last), warning in warnings if first <= on <= last]
    return max(given, key=lambda warning: warning.severity, default=Colour.NONE)


def first_days(
    *,
    valid_until: date | None,
    state: InstrumentState,
    last_result: VerificationResult | None,
    mode: Mode = Mode.PERIODIC,
) -> tuple[tuple[date, Colour], ...]:
    """Returns, for green, yellow and red, the first day of that colour or of a more severe one.

    The result is empty where the colour does not depend on a date. Raises the errors of `changes`.
    """
    coming = changes(valid_until=valid_until, state=state, last_result=last_result, mode=mode)
    if not coming:
        return ()
    return tuple(
        (next(day for day, then in coming if then.severity >= colour.severity), colour)
        for colour in (Colour.GREEN, Colour.YELLOW, Colour.RED)
    )


def latest_valid_until(colour: Colour, on: date) -> date:
    """Returns the latest valid-until day that gives at least this colour on the day `on`.

    Used in SQL comparisons: `valid_until <= latest_valid_until(c, on)` holds exactly for the
    instruments, among those whose colour depends on a date, whose colour on the day is `c` or more
    severe. A day that a month does not have becomes its last day, so on the last day of a month
    every later day of the target month is included. Raises InvalidInput for `none`, which every
    instrument has reached, and NotInForce for a day on which the article does not hold.
    """
    if colour is Colour.NONE:
        raise InvalidInput("“无颜色”没有对应日期", "no colour has no latest date")
    return on - _DAY if colour is Colour.RED else _latest(_months(colour, on), on)


def latest_reached(colour: Colour, through: date) -> date:
    """Returns the latest valid-until day that gave at least this colour on any day up to `through`.

    `valid_until <= latest_reached(c, through)` holds exactly for the instruments whose day for `c`
    in `first_days` is `through` or earlier. It differs from `latest_valid_until` only after the law
    reduced the months of a warning. Raises the errors of `latest_valid_until`.
    """
    latest = latest_valid_until(colour, through)
    if colour is Colour.RED:
        return latest
    versions = colour_rules().warnings[colour]
    ended = [last for _, last in stretches(*validities(versions)) if last < through]
    months = [(in_force_or_next(versions, last, *_WHAT).months, last) for last in ended]
    return max([latest, *(_latest(*version) for version in months)])


def _latest(months: int, on: date) -> date:
    return max(add_months(on, months), _month_end_if_month_end(on, months))


def _month_end_if_month_end(on: date, months: int) -> date:
    if (on + _DAY).month == on.month:
        return date.min
    there = add_months(on.replace(day=1), months)
    return there.replace(day=monthrange(there.year, there.month)[1])


def governing(
    verifications: Sequence[VerificationFact], on: date | None = None
) -> VerificationFact | None:
    """Returns the latest verification with a result, dated on or before `on`; None without one.

    A pending result is ignored (C-19). Of several verifications on the same day, the one recorded
    last is returned, and one that `precedes` only if there is no other; `verifications` are in the
    order of recording. If `on` is None, all days count.
    """
    decided = [
        verification
        for verification in verifications
        if verification.result is not VerificationResult.PENDING
        and (on is None or verification.verified_on <= on)
    ]
    in_order = (
        ((fact.verified_on, not fact.precedes, place), fact) for place, fact in enumerate(decided)
    )
    latest = max(in_order, key=lambda pair: pair[0], default=None)
    return latest[1] if latest else None


def deciding_day(
    verification: VerificationFact | None, mode: Mode, rotate_on: date | None
) -> date | None:
    """Returns the last valid day that follows from a verification, or None if it was not a pass.

    The day is the valid-until day of the verification. For a type that is verified only once,
    `rotate_on` is returned instead unless it is None (C-19). The result is the argument
    `valid_until` of `colour`.
    """
    if verification is None or verification.result is not VerificationResult.PASS:
        return None
    once_only = mode in (Mode.FIRST_THEN_ROTATE, Mode.FIRST_THEN_SCRAP)
    return (rotate_on if once_only else None) or verification.valid_until

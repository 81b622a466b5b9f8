"""The basis of an instrument's colour, derived from its verifications (S4 四(一), C-19).

The basis is the last valid day, or a reason that needs no date. It depends on the current day only
through the catalogue, which says how a type is verified on that day. So a service can store it and
compute the colour for any day, until the catalogue changes. Every service that derives a colour
from verifications uses this module.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache
from typing import Any

from law.colours import parts, rule
from law.colours.rule import (
    Colour,
    ColourAnswer,
    InstrumentState,
    Mode,
    VerificationFact,
    VerificationResult,
)
from law.errors import InvalidInput
from law.instruments import mode_of


class Basis(StrEnum):
    """The basis of a colour: a last valid day (`dated`), or a reason that needs no date."""

    DATED = "dated"
    REJECTED = "rejected"
    REPAIRED = "repaired"
    UNVERIFIED = "unverified"
    FIRST_ONLY = "first_only"
    NOT_VERIFIED = "not_verified"
    NOT_COMPULSORY = "not_compulsory"
    OUT_OF_USE = "out_of_use"
    UNDATED = "undated"  # a pass without the date that it needs: no colour can be derived
    REMOVED = "removed"  # the register no longer holds the instrument


RED_BY_RESULT = (Basis.REJECTED, Basis.REPAIRED)
RED_WITHOUT_DATE = (*RED_BY_RESULT, Basis.UNVERIFIED)
LADDER = (Colour.GREEN, Colour.YELLOW, Colour.RED)

_FROM_THE_WORST = (
    *(Basis.REJECTED, Basis.REPAIRED, Basis.UNVERIFIED, Basis.DATED, Basis.UNDATED),
    *(Basis.FIRST_ONLY, Basis.NOT_VERIFIED, Basis.NOT_COMPULSORY, Basis.OUT_OF_USE),
)

_WITHOUT_DATE: Mapping[Basis, Mapping[str, Any]] = {
    Basis.REJECTED: {"last_result": VerificationResult.REJECT},
    Basis.REPAIRED: {"last_result": VerificationResult.REPAIRED},
    Basis.FIRST_ONLY: {"last_result": VerificationResult.PASS, "mode": Mode.FIRST_THEN_SCRAP},
    Basis.NOT_VERIFIED: {"mode": Mode.TYPE_APPROVAL_ONLY},
    Basis.NOT_COMPULSORY: {"compulsory": False},
    Basis.OUT_OF_USE: {"state": InstrumentState.STOPPED},
}
_NO_COLOUR = {
    Basis.UNDATED: ColourAnswer(
        Colour.NONE,
        "C-19",
        "检定合格但没有登记有效期，待核实",
        "undated",
        "passed without a valid-until day on file; to be checked",
    ),
    Basis.REMOVED: ColourAnswer(
        Colour.NONE, "C-19", "已不在登记簿中", "removed", "no longer on the register"
    ),
}


@dataclass(frozen=True)
class _Need:
    """How an instrument has to be verified, if at all."""

    mode: Mode
    compulsory: bool


@dataclass(frozen=True)
class ColourBasis:
    """The basis of one instrument's colour, with the verification from which it was derived.

    `valid_until` is the last valid day, inclusive. `since` is the day of that verification and
    `governing_id` its id. If no verification has a result, `governing_id` is empty and `since` is
    None.
    """

    basis: Basis
    governing_id: str = ""
    last_result: VerificationResult | None = None
    valid_until: date | None = None
    since: date | None = None

    def colour(self, on: date) -> Colour:
        """Returns the colour of the instrument on a day."""
        return self.answer(on).colour

    def answer(self, on: date) -> ColourAnswer:
        """Returns the same with its reason and article."""
        return colour_on(self.basis, self.valid_until, on)


def colour_basis(
    type_code: str,
    state: InstrumentState,
    rotate_on: date | None,
    verifications: Sequence[VerificationFact],
    registered: parts.Parts = None,
    *,
    on: date,
    compulsory: bool = True,
) -> ColourBasis:
    """Returns the basis of an instrument's colour, computed from its verifications.

    `verifications` are in the order in which they were recorded. `rotate_on` is the day on which an
    instrument of a type that is verified only once must be replaced. `registered` are the parts of
    the instrument whose state is registered: the worst part in use decides, and an instrument with
    parts of which none is in use is itself out of use. One that is not `compulsory` need not be
    verified, whatever its type (C-44). `on` is the day whose version of the catalogue says how the
    type is verified.
    """
    need = _Need(mode_of(type_code, on), compulsory=compulsory)
    names = parts.names_of(registered, verifications)
    if not names:
        return _of_one(state, rotate_on, verifications, need)
    used = [name for name in names if parts.state_of(name, registered) is InstrumentState.IN_USE]
    if not used:
        return _of_one(InstrumentState.STOPPED, rotate_on, verifications, need)
    own = (parts.concerning(name, verifications) for name in used)
    return min((_of_one(state, rotate_on, facts, need) for facts in own), key=_mildness)


def _mildness(basis: ColourBasis) -> tuple[int, date, date]:
    """The key by which the worst basis comes first, on whatever day its colour is asked for."""
    day, since = basis.valid_until or date.max, basis.since or date.max
    return _FROM_THE_WORST.index(basis.basis), day, since


def _of_one(
    state: InstrumentState,
    rotate_on: date | None,
    verifications: Sequence[VerificationFact],
    need: _Need,
) -> ColourBasis:
    """The basis of an instrument without parts, or by one part alone."""
    governing = rule.governing(verifications)
    if governing is None:
        return ColourBasis(_basis(None, state, None, need))
    valid_until = rule.deciding_day(governing, need.mode, rotate_on)
    basis = _basis(valid_until, state, governing.result, need)
    return ColourBasis(basis, governing.id, governing.result, valid_until, governing.verified_on)


def _basis(
    valid_until: date | None,
    state: InstrumentState,
    result: VerificationResult | None,
    need: _Need,
) -> Basis:
    try:
        decided = rule.date_or_reason(
            valid_until, state, result, need.mode, compulsory=need.compulsory
        )
    except InvalidInput:
        return Basis.UNDATED
    return Basis.DATED if isinstance(decided, date) else Basis(decided.value)


@lru_cache(maxsize=8192)
def colour_on(basis: Basis, valid_until: date | None, on: date) -> ColourAnswer:
    """Returns the colour on a day of an instrument with this basis.

    The answer contains the reason and the article. `valid_until` is the last valid day, inclusive.
    """
    if basis in _NO_COLOUR:
        return _NO_COLOUR[basis]
    facts = {
        "state": InstrumentState.IN_USE,
        "last_result": None,
        **_WITHOUT_DATE.get(basis, {}),
    }
    day = valid_until if basis is Basis.DATED else None
    return rule.colour(valid_until=day, on=on, **facts)


@lru_cache(maxsize=8192)
def ladder(
    basis: Basis, valid_until: date | None, since: date | None
) -> tuple[tuple[date, Colour], ...]:
    """Returns every colour that an instrument with this basis reaches, with the first day of each.

    A colour is reached on the first day on which this colour or a more severe one applies. `since`
    is the first red day of an instrument that is red for a reason without a date.
    """
    if basis is Basis.DATED:
        in_use = InstrumentState.IN_USE
        return rule.first_days(valid_until=valid_until, state=in_use, last_result=None)
    return ((since, Colour.RED),) if basis in RED_WITHOUT_DATE and since else ()


def reached_on(basis: Basis, valid_until: date | None, since: date | None, colour: Colour) -> date:
    """Returns the first day on which an instrument with this basis reaches a colour.

    The colour must be one that `ladder` returns for the basis.
    """
    return next(day for day, rung in ladder(basis, valid_until, since) if rung is colour)

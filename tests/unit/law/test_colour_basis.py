"""The basis of a colour gives on each day the colour that the rule gives."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.colours import rule
from law.colours.basis import Basis, colour_basis, colour_on, ladder, reached_on
from law.colours.rule import Colour, InstrumentState, VerificationFact, VerificationResult
from law.errors import InvalidInput
from law.instruments import mode_of

TODAY = date(2026, 9, 15)
# Verified periodically; only once; once and then replaced; not at all in use; not listed.
TYPES = ("FUEL", "WATER-S25", "THERM-G", "TS", "试验用器具")
nearby = st.integers(-100, 100).map(lambda days: TODAY + timedelta(days=days))
results = st.sampled_from(VerificationResult)
verifications = st.lists(
    st.builds(VerificationFact, st.uuids().map(str), results, nearby, st.none() | nearby),
    max_size=4,
)


@given(
    st.sampled_from(TYPES),
    st.sampled_from(InstrumentState),
    st.none() | nearby,
    verifications,
    nearby,
    st.booleans(),
)
def test_the_basis_has_the_colour_of_the_rule(
    type_code: str,
    state: InstrumentState,
    rotate_on: date | None,
    facts: list[VerificationFact],
    on: date,
    compulsory: bool,
) -> None:
    mode, governing = mode_of(type_code, on), rule.governing(facts)
    try:
        expected = rule.colour(
            valid_until=rule.deciding_day(governing, mode, rotate_on),
            state=state,
            last_result=governing.result if governing else None,
            on=on,
            mode=mode,
            compulsory=compulsory,
        )
    except InvalidInput:
        expected = colour_on(Basis.UNDATED, None, on)
    basis = colour_basis(type_code, state, rotate_on, facts, on=on, compulsory=compulsory)
    assert colour_on(basis.basis, basis.valid_until, on) == expected
    assert basis.colour(on) is expected.colour
    assert basis.governing_id == (governing.id if governing else "")


@given(nearby, nearby)
def test_each_colour_of_the_ladder_is_first_reached_on_its_day(
    valid_until: date, since: date
) -> None:
    for day, colour in ladder(Basis.DATED, valid_until, since):
        assert reached_on(Basis.DATED, valid_until, since, colour) == day
        assert colour_on(Basis.DATED, valid_until, day).colour is colour
        before = colour_on(Basis.DATED, valid_until, day - timedelta(days=1)).colour
        assert before.severity < colour.severity


@pytest.mark.parametrize("basis", [Basis.UNDATED, Basis.REMOVED])
def test_an_undecided_basis_has_no_colour(basis: Basis) -> None:
    answer = colour_on(basis, None, TODAY)
    assert (answer.colour, answer.reason_id) == (Colour.NONE, basis.value)
    assert ladder(basis, None, TODAY) == ()


@pytest.mark.parametrize("basis", [Basis.REJECTED, Basis.REPAIRED, Basis.UNVERIFIED])
def test_red_without_a_date_is_red_from_the_day_given(basis: Basis) -> None:
    assert ladder(basis, None, TODAY) == ((TODAY, Colour.RED),)
    assert ladder(basis, None, None) == ()

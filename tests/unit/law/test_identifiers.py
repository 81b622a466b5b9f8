"""Unified social credit codes: properties of every code."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.errors import InvalidInput
from law.identifiers import ALPHABET, check_credit_code, credit_code_check_digit

bodies = st.text(alphabet=ALPHABET, min_size=17, max_size=17)


@given(bodies)
def test_a_code_with_its_check_digit_is_accepted(body: str) -> None:
    code = body + credit_code_check_digit(body)
    assert check_credit_code(code) == code


@given(bodies, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_always_found(body: str, place: int, other: str) -> None:
    code = body + credit_code_check_digit(body)
    wrong = code[:place] + other + code[place + 1 :]
    if wrong == code:
        return
    with pytest.raises(InvalidInput) as caught:
        check_credit_code(wrong, "subject.credit_code")
    (fault,) = caught.value.faults
    assert (fault.field, fault.cite) == ("subject.credit_code", "GB 32100-2015")
    assert (fault.message_zh, fault.message_en) == (caught.value.zh, caught.value.en)


@given(bodies, st.integers(0, 16))
def test_two_neighbours_exchanged_are_found(body: str, place: int) -> None:
    code = body + credit_code_check_digit(body)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    if swapped != code:
        with pytest.raises(InvalidInput):
            check_credit_code(swapped)


@pytest.mark.parametrize("first17", ["", "9133010071610585", "91330100716105852F", "I" * 17])
def test_the_check_digit_needs_seventeen_allowed_characters(first17: str) -> None:
    with pytest.raises(InvalidInput):
        credit_code_check_digit(first17)

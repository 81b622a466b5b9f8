"""Nozzles, channels and phases: writings of their names, and the colour of the whole instrument."""

from __future__ import annotations

from datetime import date
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.colours.basis import Basis, colour_basis
from law.colours.parts import names_of, with_state
from law.colours.rule import Colour, InstrumentState, VerificationFact, VerificationResult
from law.identity import part_key

PASS, REJECT = VerificationResult.PASS, VerificationResult.REJECT
TODAY = date(2026, 8, 1)
IN_USE, STOPPED = InstrumentState.IN_USE, InstrumentState.STOPPED


@pytest.mark.parametrize(
    ("writings", "name"),
    [
        (
            (
                "1",
                "01",
                "１",
                "1#",
                "1号",
                "1号枪",
                "油枪1",
                "第1枪",
                "一号枪",
                "No.1",
                " 1 ",
                "'01",
            ),
            "1",
        ),
        (("12", "12号枪", "加油枪12", "012"), "12"),
        (("A", "a", "Ａ相", "A相", "相A"), "A"),
        (("2通道", "通道2", "第二通道"), "2"),
        (("92号汽油枪",), "92号汽油枪"),
        (("无", "-", "/", "", "0", "不详"), ""),
    ],
)
def test_a_part_is_one_in_every_writing_of_its_name(writings: tuple[str, ...], name: str) -> None:
    assert {part_key(one) for one in writings} == {name}


@given(st.text("AaBb0123通道油枪相第号#一二 -", max_size=8))
def test_the_name_of_a_part_stays_the_same_once_it_is_read(text: str) -> None:
    assert part_key(part_key(text)) == part_key(text)


def fact(
    part: str, result: VerificationResult, month: int, until: date | None = None
) -> VerificationFact:
    valid = until or date(2026, 12, 31) if result is PASS else None
    return VerificationFact(f"{part}-{month}", result, date(2026, month, 1), valid, part)


def colour(*facts: VerificationFact, parts: list[dict[str, str]] | None = None) -> Colour:
    basis = colour_basis("FUEL", IN_USE, None, facts, parts, on=TODAY)
    return basis.colour(TODAY)


def test_the_worst_part_in_use_decides() -> None:
    passed, failed = fact("1", PASS, 6), fact("2", REJECT, 6)
    assert {colour(*order) for order in permutations((passed, failed))} == {Colour.RED}
    assert colour(passed, failed, fact("2", PASS, 7)) is Colour.NONE
    assert colour(passed, failed, fact("1", PASS, 7)) is Colour.RED
    assert colour(passed, failed, parts=with_state(None, "2", STOPPED)) is Colour.NONE


def test_a_result_of_the_whole_counts_for_each_part() -> None:
    failed = fact("2", REJECT, 5)
    assert colour(failed, fact("1", PASS, 5), fact("", PASS, 6)) is Colour.NONE
    assert colour(fact("1", PASS, 5), fact("", REJECT, 6)) is Colour.RED
    whole = colour_basis("FUEL", IN_USE, None, [fact("1", PASS, 5), fact("", REJECT, 6)], on=TODAY)
    assert (whole.basis, whole.governing_id) == (Basis.REJECTED, "-6")


def test_the_part_that_ends_first_gives_the_last_valid_day() -> None:
    early = fact("2", PASS, 6, date(2026, 8, 20))
    basis = colour_basis("FUEL", IN_USE, None, [fact("1", PASS, 6), early], on=TODAY)
    assert (basis.valid_until, basis.governing_id) == (date(2026, 8, 20), early.id)


def test_a_part_that_was_never_verified_is_red_and_one_that_is_sealed_does_not_count() -> None:
    stated = with_state(None, "3", IN_USE)
    assert colour(fact("1", PASS, 6), parts=stated) is Colour.RED
    assert colour(fact("1", PASS, 6), parts=with_state(stated, "3", STOPPED)) is Colour.NONE
    all_sealed = with_state(with_state(None, "1", STOPPED), "3", STOPPED)
    assert colour(fact("1", REJECT, 6), parts=all_sealed) is Colour.NONE


def test_parts_are_in_the_order_of_their_numbers() -> None:
    facts = [fact(name, PASS, 6) for name in ("10", "2", "A", "1")]
    assert names_of(with_state(None, "3", STOPPED), facts) == ["1", "2", "3", "A", "10"]

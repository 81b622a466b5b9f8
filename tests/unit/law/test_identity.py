"""Every case of the rule of identity comes out as its table says, from both sides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.identity import Verdict, document_key, folded, part_key, serial_key, stated
from law.identity.instruments import compare_instruments, of_model
from law.identity.measures import measure_key
from law.identity.records import compare_records, record_key
from law.identity.subjects import code_key, compare_subjects, subject_key
from law.identity.verifications import compare_verifications, verification_key
from tests.unit.law.identity_cases import CASES, CODE, ORDINARY, Case

KEYS: Mapping[str, Callable[[str], Any]] = {
    "name": folded,
    "document": document_key,
    "serial": serial_key,
    "part": part_key,
    "measure": measure_key,
    "code": code_key,
}
THINGS = {
    "subject": compare_subjects,
    "instrument": compare_instruments,
    "record": compare_records,
    "verification": compare_verifications,
}
KEYS_OF_THINGS: Mapping[str, Callable[[dict[str, Any]], Any]] = {
    "subject": lambda row: subject_key({**row, "address": ""}),
    "record": lambda row: (row["subject_id"], *record_key(row)),
    "verification": lambda row: (row["instrument_id"], *verification_key(row)),
}
WRITTEN = [case for case in CASES if case.kind in KEYS]
THINGS_COMPARED = [case for case in CASES if case.kind in THINGS]


def named(case: Case) -> str:
    return f"{case.kind}: {case.why}"


def of_writings(kind: str, left: str, right: str) -> Verdict:
    """Two writings of one key are the same; what has no key is not known to be anything."""
    one, other = KEYS[kind](left), KEYS[kind](right)
    if not one and not other:
        return Verdict.PERHAPS
    return Verdict.SAME if one == other else Verdict.DIFFERENT


def test_the_table_has_every_kind() -> None:
    assert {case.kind for case in CASES} == KEYS.keys() | THINGS.keys()


@pytest.mark.parametrize("case", WRITTEN, ids=named)
def test_a_writing_is_what_the_table_says(case: Case) -> None:
    assert of_writings(case.kind, case.left, case.right) is case.verdict
    assert of_writings(case.kind, case.right, case.left) is case.verdict


@pytest.mark.parametrize("case", THINGS_COMPARED, ids=named)
def test_a_thing_is_what_the_table_says(case: Case) -> None:
    left, right = ({**ORDINARY[case.kind], **side} for side in (case.left, case.right))
    assert THINGS[case.kind](left, right) is case.verdict
    assert THINGS[case.kind](right, left) is case.verdict


def has_one_key(case: Case) -> bool:
    left, right = ({**ORDINARY[case.kind], **side} for side in (case.left, case.right))
    key = KEYS_OF_THINGS[case.kind]
    return bool(key(left) == key(right))


OF_ONE_KEY = [case for case in CASES if case.kind in KEYS_OF_THINGS and has_one_key(case)]


@pytest.mark.parametrize("case", OF_ONE_KEY, ids=named)
def test_things_with_one_key_are_never_said_to_differ(case: Case) -> None:
    assert case.verdict is not Verdict.DIFFERENT


def test_the_model_that_is_told_comes_before_one_that_is_not() -> None:
    rows = [{"model": ""}, {"model": "ACS 30"}, {"model": "TCS"}]
    assert of_model("acs-30", rows) == [{"model": "ACS 30"}]
    assert of_model("", rows) == [{"model": ""}]
    assert of_model("新型", rows) == [{"model": ""}]


def test_the_digit_of_a_code_is_checked_unless_it_was_issued_so() -> None:
    wrong = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")
    assert code_key(wrong) == ""
    assert code_key(wrong, digit=False) == wrong


@given(st.text("AZaz09-_.()（）〔〕［］—－ \u200b测罚号第№ｘ１", max_size=40))
def test_how_wide_a_text_is_written_is_no_difference(text: str) -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in text)
    assert document_key(wide) == document_key(text)
    assert serial_key(wide) == serial_key(text)
    assert folded(folded(text)) == folded(text)


@pytest.mark.parametrize("nothing", ["", " ", "无", "/", "—", "－－", "N/A", "不详", "（空白）"])
def test_what_says_that_there_is_nothing_states_nothing(nothing: str) -> None:
    assert stated(nothing) == ""


@pytest.mark.parametrize("text", ["0", "0级", "Ⅲ级", "±0.3%", "(0~30) kg", "-20℃~50℃", "无级"])
def test_what_states_something_stays_as_it_was_written(text: str) -> None:
    assert stated(f" {text} ") == text

"""The colours of all instruments, and the ranges of dates that select them in SQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from law.colours.rule import (
    Colour,
    InstrumentState,
    Mode,
    VerificationFact,
    VerificationResult,
    changes,
    colour,
    deciding_day,
    governing,
    latest_valid_until,
)
from law.errors import InvalidInput
from law.reader.texts import is_citation

DAY = timedelta(days=1)
FIRST = date(2021, 9, 30)  # of S4
days = st.dates(FIRST, date(2032, 12, 31))
valid_days = st.dates(date(2019, 1, 1), date(2032, 12, 31))
dates_or_none = st.none() | valid_days
results = st.none() | st.sampled_from(VerificationResult)
states = st.sampled_from(InstrumentState)
rotated = st.sampled_from([Mode.FIRST_THEN_ROTATE, Mode.FIRST_THEN_SCRAP, Mode.TYPE_APPROVAL_ONLY])


def _by_date(valid_until: date, on: date) -> Colour:
    return colour(
        valid_until=valid_until,
        state=InstrumentState.IN_USE,
        last_result=VerificationResult.PASS,
        on=on,
    ).colour


@given(dates_or_none, states, results, rotated, days, st.integers(0, 400))
def test_colours_only_get_worse_as_days_pass(
    valid_until: date | None,
    state: InstrumentState,
    result: VerificationResult | None,
    mode: Mode,
    on: date,
    later: int,
) -> None:
    def at(day: date) -> Colour:
        return colour(
            valid_until=valid_until, state=state, last_result=result, on=day, mode=mode
        ).colour

    assert at(on).severity <= at(on + DAY * later).severity


@given(valid_days, days)
def test_the_changes_say_the_colour_of_every_day(valid_until: date, on: date) -> None:
    listed = changes(
        valid_until=valid_until,
        state=InstrumentState.IN_USE,
        last_result=VerificationResult.PASS,
    )
    reached = [then for first, then in listed if first <= on]
    assert _by_date(valid_until, on) == (reached[-1] if reached else Colour.NONE)
    assert [first for first, _ in listed] == sorted({first for first, _ in listed})


@given(st.sampled_from([Colour.GREEN, Colour.YELLOW, Colour.RED]), days, st.integers(-5, 5))
def test_a_range_in_sql_selects_what_the_function_colours(
    least: Colour, on: date, around: int
) -> None:
    limit = latest_valid_until(least, on)
    valid_until = limit + DAY * around
    assert (_by_date(valid_until, on).severity >= least.severity) == (valid_until <= limit)


@pytest.mark.parametrize(
    ("on", "green", "yellow"),
    [
        (date(2026, 2, 28), date(2026, 4, 30), date(2026, 3, 31)),
        (date(2024, 2, 28), date(2024, 4, 28), date(2024, 3, 28)),
        (date(2024, 2, 29), date(2024, 4, 30), date(2024, 3, 31)),
        (date(2026, 1, 30), date(2026, 3, 30), date(2026, 2, 28)),
        (date(2026, 12, 31), date(2027, 2, 28), date(2027, 1, 31)),
    ],
)
def test_the_limit_at_the_ends_of_months(on: date, green: date, yellow: date) -> None:
    assert latest_valid_until(Colour.GREEN, on) == green
    assert latest_valid_until(Colour.YELLOW, on) == yellow
    assert latest_valid_until(Colour.RED, on) == on - DAY


def test_no_colour_has_no_limit() -> None:
    with pytest.raises(InvalidInput):
        latest_valid_until(Colour.NONE, date(2026, 1, 1))


@given(dates_or_none, states, results, rotated, days)
def test_every_answer_has_a_citation_and_a_reason(
    valid_until: date | None,
    state: InstrumentState,
    result: VerificationResult | None,
    mode: Mode,
    on: date,
) -> None:
    answer = colour(valid_until=valid_until, state=state, last_result=result, on=on, mode=mode)
    assert is_citation(answer.cite)
    assert answer.reason
    assert answer.reason_en
    assert (state is InstrumentState.IN_USE) or answer.colour is Colour.NONE


@pytest.mark.parametrize(
    ("valid_until", "result", "reason", "said"),
    [
        (date(2026, 1, 1), VerificationResult.PASS, "overdue", "已经超过检定有效期限"),
        (date(2026, 9, 1), VerificationResult.REJECT, "rejected", "经检定不合格仍在使用"),
        (
            date(2026, 9, 1),
            VerificationResult.REPAIRED,
            "repaired",
            "维修或签封损坏后尚未检定合格即在使用",
        ),
        (None, None, "unverified", "从未检定即在使用"),
        (date(2026, 2, 15), VerificationResult.PASS, "yellow", "1个月内将达到检定有效期限"),
        (date(2026, 3, 15), VerificationResult.PASS, "green", "2个月内将达到检定有效期限"),
        (date(2026, 9, 1), VerificationResult.PASS, "valid", "在检定有效期内，无颜色标注"),
    ],
)
def test_a_reason_has_an_id_for_programs_and_words_for_people(
    valid_until: date | None, result: VerificationResult | None, reason: str, said: str
) -> None:
    answer = colour(
        valid_until=valid_until,
        state=InstrumentState.IN_USE,
        last_result=result,
        on=date(2026, 2, 1),
    )
    assert (answer.reason_id, answer.reason) == (reason, said)
    assert answer.reason_en.isascii()


@given(dates_or_none, states, results, st.sampled_from(Mode), days)
def test_what_need_not_be_verified_is_red_by_a_bad_result_alone(
    valid_until: date | None,
    state: InstrumentState,
    result: VerificationResult | None,
    mode: Mode,
    on: date,
) -> None:
    answer = colour(
        valid_until=valid_until,
        state=state,
        last_result=result,
        on=on,
        mode=mode,
        compulsory=False,
    )
    bad = result in (VerificationResult.REJECT, VerificationResult.REPAIRED)
    red = bad and state is InstrumentState.IN_USE
    assert answer.colour is (Colour.RED if red else Colour.NONE)
    assert not (state is InstrumentState.IN_USE and not bad) or "C-44" in answer.cite


def _fact(id_: str, result: VerificationResult, day: int) -> VerificationFact:
    return VerificationFact(id_, result, date(2026, 1, day), None)


def _before(id_: str, day: int) -> VerificationFact:
    return replace(_fact(id_, VerificationResult.REPAIRED, day), precedes=True)


PASSED, REJECTED = VerificationResult.PASS, VerificationResult.REJECT
PENDING, REPAIRED = VerificationResult.PENDING, VerificationResult.REPAIRED


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], None),
        ([_fact("a", PENDING, 5)], None),
        ([_fact("a", PASSED, 1), _fact("b", REJECTED, 5)], "b"),
        ([_fact("b", REJECTED, 5), _fact("a", PASSED, 1)], "b"),
        ([_fact("a", PASSED, 1), _fact("b", PENDING, 5)], "a"),
        ([_fact("a", REJECTED, 1), _fact("b", REPAIRED, 5)], "b"),
        ([_fact("a", REJECTED, 5), _fact("b", PASSED, 5)], "b"),
        ([_fact("a", PASSED, 5), _fact("b", REJECTED, 5)], "b"),
        ([_fact("a", PASSED, 5), _before("b", 5)], "a"),
        ([_fact("a", PASSED, 4), _before("b", 5)], "b"),
        ([_fact("a", PENDING, 5), _before("b", 5)], "b"),
    ],
)
def test_the_latest_verification_with_a_result_governs(
    history: list[VerificationFact], expected: str | None
) -> None:
    found = governing(history)
    assert (found.id if found else None) == expected


def test_the_verification_that_governed_on_a_past_day() -> None:
    history = [_fact("a", PASSED, 1), _fact("b", REJECTED, 5)]
    assert governing(history, on=date(2026, 1, 4)) == history[0]
    assert governing(history, on=date(2026, 1, 5)) == history[1]
    assert governing(history, on=date(2025, 12, 31)) is None


@pytest.mark.parametrize(
    "result", [r for r in VerificationResult if r is not VerificationResult.PASS]
)
@pytest.mark.parametrize("mode", Mode)
def test_only_a_pass_has_a_last_valid_day(result: VerificationResult, mode: Mode) -> None:
    told = VerificationFact("v", result, date(2026, 1, 1), date(2027, 1, 1))
    assert deciding_day(told, mode, date(2028, 1, 1)) is None
    assert deciding_day(None, mode, date(2028, 1, 1)) is None


def test_the_rotation_date_decides_where_a_type_is_verified_only_once() -> None:
    until, rotate_on = date(2027, 1, 1), date(2032, 1, 1)
    told = VerificationFact("v", VerificationResult.PASS, date(2026, 1, 1), until)
    assert deciding_day(told, Mode.FIRST_THEN_ROTATE, rotate_on) == rotate_on
    assert deciding_day(told, Mode.FIRST_THEN_SCRAP, None) == until
    assert deciding_day(told, Mode.PERIODIC, rotate_on) == until

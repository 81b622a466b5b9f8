"""Grades in two times: a history answers like a notebook of everything that was graded."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.grading.intervals import gaps, succession

FIRST_DAY = date(2026, 1, 1)
FIRST_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Said:
    what: int
    in_force_from: date
    in_force_to: date | None
    known_from: datetime
    known_to: datetime | None = None


def day(number: int) -> date:
    return FIRST_DAY + timedelta(days=number)


def moment(number: int) -> datetime:
    return FIRST_MOMENT + timedelta(hours=number)


def state(history: list[Said], starts: list[int], what: list[int], now: datetime) -> datetime:
    """Changes a history as grading changes its rows."""
    known = sorted((one for one in history if one.known_to is None), key=_in_force_from)
    ruled = succession(known, [day(one) for one in starts], now)
    for place in ruled.ended:
        known[place].known_to = ruled.at
    if ruled.again is not None:
        kept = replace(known[ruled.again], known_from=ruled.at, known_to=None)
        history.append(replace(kept, in_force_to=day(starts[0])))
    for start, end, said in zip(starts, ruled.ends, what, strict=True):
        history.append(Said(said, day(start), end, ruled.at))
    return ruled.at


def answers(one: Said, on: date, known_at: datetime) -> bool:
    """Whether a statement answers for that day, as known at that moment."""
    in_force = one.in_force_from <= on and (one.in_force_to is None or on < one.in_force_to)
    known = one.known_from <= known_at and (one.known_to is None or known_at < one.known_to)
    return in_force and known


def _in_force_from(said: Said) -> date:
    return said.in_force_from


days = st.integers(0, 12)
gradings = st.lists(st.lists(days, min_size=1, max_size=3, unique=True).map(sorted), max_size=8)


@given(gradings)
def test_the_knowledge_of_any_past_moment_can_be_read(gradings: list[list[int]]) -> None:
    history: list[Said] = []
    notebook: list[dict[int, int]] = [{}]  # after each grading: day → what was in force
    for number, starts in enumerate(gradings):
        what = [100 * number + place for place in range(len(starts))]
        state(history, starts, what, moment(number))
        page = {on: said for on, said in notebook[-1].items() if on < starts[0]}
        for start, said in zip(starts, what, strict=True):
            page |= dict.fromkeys(range(start, 14), said)
        notebook.append(page)
    for number, page in enumerate(notebook[1:]):
        for on in range(14):
            found = [one.what for one in history if answers(one, day(on), moment(number))]
            assert found == ([page[on]] if on in page else [])


@given(gradings)
def test_present_knowledge_has_no_gap_and_one_open_end(gradings: list[list[int]]) -> None:
    history: list[Said] = []
    for number, starts in enumerate(gradings):
        state(history, starts, starts, moment(number))
        known = sorted((one for one in history if one.known_to is None), key=_in_force_from)
        assert gaps(known) == []
        assert all(one.in_force_to != one.in_force_from for one in history)


@given(gradings, st.lists(st.integers(-5, 5), min_size=8, max_size=8))
def test_after_a_clock_was_set_back_nothing_ends_before_it_began(
    gradings: list[list[int]], leaps: list[int]
) -> None:
    history: list[Said] = []
    for number, (starts, leap) in enumerate(zip(gradings, leaps, strict=False)):
        state(history, starts, starts, moment(number + leap))
    assert all(one.known_to is None or one.known_from <= one.known_to for one in history)


def test_overlaps_and_gaps_are_found() -> None:
    first = Said(1, day(0), day(5), moment(0))
    assert gaps([first, Said(2, day(5), None, moment(0))]) == []
    assert gaps([first, Said(2, day(4), None, moment(0))]) == [day(0)]
    assert gaps([first, Said(2, day(6), None, moment(0))]) == [day(0)]
    assert gaps([first]) == [day(0)]

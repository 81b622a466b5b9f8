"""Evidence windows (d ≤ day ≤ d + n years, C-02), counted forwards and backwards."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from law.periods import add_years, earliest_counting, first_day_after


def test_the_first_day_after() -> None:
    assert first_day_after(date(2021, 6, 30), 5) == date(2026, 7, 1)
    assert first_day_after(date(2024, 2, 29), 1) == date(2025, 3, 1)
    assert first_day_after(date(2020, 2, 29), 4) == date(2024, 3, 1)
    assert first_day_after(date(2023, 12, 31), 2) == date(2026, 1, 1)


def test_the_earliest_that_counts() -> None:
    assert earliest_counting(date(2026, 6, 30), 5) == date(2021, 6, 30)
    assert earliest_counting(date(2024, 2, 29), 5) == date(2019, 3, 1)
    assert earliest_counting(date(2024, 2, 29), 4) == date(2020, 2, 29)
    assert earliest_counting(date(2025, 2, 28), 5) == date(2020, 2, 28)
    assert earliest_counting(date(2025, 3, 1), 5) == date(2020, 3, 1)
    # 2100 is no leap year, 2092 is: the year looked back to decides.
    assert earliest_counting(date(2096, 2, 29), 4) == date(2092, 2, 29)
    assert earliest_counting(date(2104, 2, 29), 4) == date(2100, 3, 1)


@given(
    st.dates(date(2015, 1, 1), date(2032, 12, 31)), st.integers(0, 2300), st.sampled_from([2, 3, 5])
)
def test_both_directions_agree(day: date, ago: int, years: int) -> None:
    fact = day - timedelta(days=ago)
    assert (fact >= earliest_counting(day, years)) == (day <= add_years(fact, years))
    assert (day < first_day_after(fact, years)) == (day <= add_years(fact, years))

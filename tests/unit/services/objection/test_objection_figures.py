"""Terms by how soon they end: working days, as the law counts them (D-07)."""

from __future__ import annotations

from datetime import date

from services.objection.figures import windows

FRIDAY = date(2026, 9, 18)


def test_windows_are_working_days_with_holidays_and_make_up_days() -> None:
    due = [
        (date(2026, 9, 17), 1),  # yesterday
        (FRIDAY, 2),  # today, not over yet
        (date(2026, 9, 20), 4),  # a Sunday that is worked: the first working day from now
        (date(2026, 9, 24), 8),  # the fifth
        (date(2026, 9, 28), 16),  # the sixth, after the Mid-Autumn holiday
    ]
    assert windows(due, FRIDAY) == {"overdue": 1, "within_1": 2 + 4, "within_5": 2 + 4 + 8}


def test_without_terms_every_window_is_zero() -> None:
    assert windows([], FRIDAY) == {"overdue": 0, "within_1": 0, "within_5": 0}

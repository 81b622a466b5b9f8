"""The calendar: compared with three libraries, its editions, and properties of every count."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import chinese_calendar  # type: ignore[import-untyped]
import holidays
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lunar_python.util import HolidayUtil  # type: ignore[import-untyped]

from law.errors import InvalidInput, NotFound
from law.reader.data_file import understand
from law.reader.packaged import read
from law.terms.calendar import packaged, read_editions
from law.terms.workdays import (
    NOTHING_PUBLISHED,
    Edition,
    edition,
    edition_on,
    editions,
    next_working_day,
    nth_last_working_day,
    nth_working_day,
    working_days_between,
)
from tests.unit.law.broken_files import fresh

DAY = timedelta(days=1)
YEARS = range(2019, 2027)
ALL_DAYS = [date(2019, 1, 1) + DAY * n for n in range((date(2027, 1, 1) - date(2019, 1, 1)).days)]
near = st.dates(date(2019, 6, 1), date(2028, 6, 1))


def test_agrees_with_chinesecalendar() -> None:
    latest = packaged.__wrapped__()[-1]  # read afresh, not as cached
    assert [d for d in ALL_DAYS if latest.is_workday(d) != chinese_calendar.is_workday(d)] == []


def test_agrees_with_holidays() -> None:
    latest, china = edition(), holidays.country_holidays("CN", years=YEARS)
    assert [d for d in ALL_DAYS if latest.is_workday(d) != china.is_working_day(d)] == []


def test_agrees_with_lunar_python() -> None:
    def works(day: date) -> bool:
        arranged = HolidayUtil.getHoliday(day.isoformat())
        return day.weekday() < 5 if arranged is None else arranged.isWork()

    latest = edition()
    assert [d for d in ALL_DAYS if latest.is_workday(d) != works(d)] == []


@pytest.mark.parametrize(("year", "days"), [(2024, 251), (2025, 248), (2026, 248)])
def test_working_days_of_a_year(year: int, days: int) -> None:
    assert working_days_between(date(year - 1, 12, 31), date(year, 12, 31), edition()) == days


def test_every_published_year_is_covered_and_2027_is_not() -> None:
    assert edition().years == frozenset(YEARS)
    assert edition().is_published(date(2026, 12, 31))
    assert not edition().is_published(date(2027, 1, 1))


def test_editions_are_numbered_without_gaps_and_dated_in_order() -> None:
    assert [e.number for e in editions()] == list(range(-1, 9))
    assert sorted(e.published_on for e in editions()) == [e.published_on for e in editions()]
    assert all(len(e.documents) == e.number + 2 for e in editions())


def test_an_edition_is_found_by_number_or_by_the_day_it_was_known() -> None:
    assert edition(7).number == 7
    assert edition_on(date(2025, 11, 3)).number == 7
    assert edition_on(date(2025, 11, 4)).number == 8
    assert edition_on(date(2019, 11, 20)).number == 0
    assert edition_on(date(2018, 12, 3)) == NOTHING_PUBLISHED
    with pytest.raises(NotFound):
        edition(99)


def test_a_new_arrangement_makes_the_next_edition_and_leaves_the_old_one() -> None:
    old = edition()
    new = old.with_year(
        2027,
        published_on=date(2026, 11, 25),
        document="国办发明电〔2026〕1号",
        off=[date(2027, 1, 1)],
        work=[date(2027, 1, 3)],
    )
    assert (new.number, new.documents[-1]) == (old.number + 1, "国办发明电〔2026〕1号")
    assert new.published_on == date(2026, 11, 25)
    assert nth_working_day(date(2026, 12, 31), 1, new).date == date(2027, 1, 3)
    assert not nth_working_day(date(2026, 12, 31), 1, new).provisional
    assert nth_working_day(date(2026, 12, 31), 1, old).provisional


def test_an_amendment_gives_a_day_its_new_meaning() -> None:
    extra = edition().with_year(
        2026,
        published_on=date(2026, 9, 1),
        document="某号",
        off=[date(2026, 9, 20)],
        work=[date(2026, 10, 1)],
    )
    assert not extra.is_workday(date(2026, 9, 20))
    assert extra.is_workday(date(2026, 10, 1))


@pytest.mark.parametrize(
    ("document", "work", "says"),
    [
        (" ", [], "^an arrangement needs its source document$"),
        ("某号", [date(2027, 1, 1)], "^a day is off or worked, not both: 2027-01-01$"),
    ],
)
def test_an_arrangement_without_a_source_or_with_a_contradiction_is_refused(
    document: str, work: list[date], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says):
        edition().with_year(
            2027,
            published_on=date(2026, 11, 25),
            document=document,
            off=[date(2027, 1, 1)],
            work=work,
        )


def test_json_keeps_an_edition_whole() -> None:
    for known in editions():
        assert Edition.from_json(known.to_json()) == known


@given(near, st.integers(1, 60))
def test_the_days_up_to_the_result_are_the_days_counted(start: date, n: int) -> None:
    due = nth_working_day(start, n, edition())
    assert working_days_between(start, due.date, edition()) == n
    assert edition().is_workday(due.date)


@given(near, st.integers(1, 60))
def test_a_result_is_provisional_exactly_if_a_year_in_the_count_is_unpublished(
    start: date, n: int
) -> None:
    due = nth_working_day(start, n, edition())
    through = [start + DAY * i for i in range(1, (due.date - start).days + 1)]
    assert due.provisional == any(d.year not in edition().years for d in through)


@given(near, st.integers(1, 40))
def test_counting_back_is_the_mirror_of_counting_on(start: date, n: int) -> None:
    due = nth_working_day(start, n, edition()).date
    assert nth_last_working_day(due, n, edition()) == nth_working_day(start, 1, edition()).date


@given(near)
def test_the_next_working_day_is_the_day_itself_when_it_is_worked(day: date) -> None:
    found = next_working_day(day, edition()).date
    assert found >= day
    assert edition().is_workday(found)
    assert (found == day) == edition().is_workday(day)


def test_there_are_no_working_days_up_to_an_earlier_day() -> None:
    assert working_days_between(date(2026, 11, 20), date(2026, 11, 2), edition()) == 0


def test_a_term_beyond_the_last_date_is_refused() -> None:
    with pytest.raises(InvalidInput):
        nth_working_day(date(9999, 12, 30), 5, edition())


def _calendar(**change: object) -> dict[str, Any]:
    """The packaged calendar with the first notice of 2020 changed."""
    document = fresh("workdays")
    document["editions"][2] |= change
    return document


def test_every_notice_makes_an_edition_that_holds_its_year() -> None:
    notices = read("workdays")["editions"]
    found = understand(_calendar(), "workdays", read_editions)
    assert [one.number for one in found] == [one["number"] for one in notices]
    for number, one in enumerate(found, 1):
        assert one.years == {notice["year"] for notice in notices[:number]}
        assert one.documents == tuple(n["cite"].partition(" ")[2] for n in notices[:number])


@pytest.mark.parametrize("day", ["2019-12-01", "2020-12-31"])
def test_a_holiday_may_begin_in_the_december_before_its_year(day: str) -> None:
    _, before, edition_2020, *_ = understand(_calendar(days_off=[day]), "workdays", read_editions)
    assert edition_2020.off - before.off == {date.fromisoformat(day)}


def test_every_day_outside_the_year_is_named() -> None:
    with pytest.raises(InvalidInput) as refused:
        understand(
            _calendar(days_off=["2019-11-30", "soon", "2021-01-01", "later"], make_up=[]),
            "workdays",
            read_editions,
        )
    assert [(one.field, one.message_en) for one in refused.value.faults] == [
        ("editions[2].days_off", "is not of 2020: 2019-11-30"),
        ("editions[2].days_off", "is no day: soon"),
        ("editions[2].days_off", "is not of 2020: 2021-01-01"),
        ("editions[2].days_off", "is no day: later"),
    ]

"""What a notice that is loaded has to say, and which days of the calendar it may change."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from law.terms.arrangement import Arrangement, continued, faults
from law.terms.calendar import packaged

TODAY = date(2026, 11, 20)
DOCUMENT_OF_2026 = packaged()[-1].documents[-1]
# The notices here are no real ones.
NEW_YEAR = Arrangement(
    year=2027,
    document="国办发明电〔2026〕99号",
    title="国务院办公厅关于2027年部分节假日安排的通知",
    published_on=date(2026, 11, 10),
    sha256="ab" * 32,
    off=frozenset({date(2027, 1, 1), date(2027, 1, 4)}),
    work=frozenset({date(2027, 1, 9)}),
)
AMENDED = replace(
    NEW_YEAR,
    document="国办发明电〔2026〕100号",
    title="国务院办公厅关于调整放假安排的通知",
    published_on=date(2026, 11, 12),
    off=frozenset({date(2027, 1, 9)}),
    work=frozenset({date(2027, 1, 4)}),
    amends=NEW_YEAR.document,
)


def found(new: Arrangement, *loaded: Arrangement) -> set[tuple[str, str]]:
    """The fields and the messages of the faults of a notice behind these loaded ones."""
    chain = continued(packaged(), loaded)
    return {(fault.field, fault.message_en) for fault in faults(new, chain, TODAY)}


def test_a_notice_of_the_next_year_follows_and_counts() -> None:
    assert found(NEW_YEAR) == set()
    *_, before, after = continued(packaged(), [NEW_YEAR])
    assert after.number == before.number + 1
    assert [before.is_workday(date(2027, 1, day)) for day in (4, 9)] == [True, False]
    assert [after.is_workday(date(2027, 1, day)) for day in (4, 9)] == [False, True]
    assert continued(packaged(), [NEW_YEAR, NEW_YEAR]) == continued(packaged(), [NEW_YEAR])
    assert Arrangement.from_json(NEW_YEAR.to_json()) == NEW_YEAR


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"document": " "}, "document"),
        ({"title": ""}, "title"),
        ({"title": "国务院办公厅关于2026年部分节假日安排的通知"}, "year"),
        ({"sha256": "AB" * 32}, "sha256"),
        ({"published_on": date(2026, 11, 21)}, "published_on"),
        ({"published_on": date(2025, 11, 4)}, "published_on"),
        ({"document": DOCUMENT_OF_2026}, "document"),
        ({"year": 2029, "title": "通知"}, "year"),
        ({"off": frozenset()}, "days_off"),
        ({"off": frozenset({date(2026, 11, 30)})}, "days_off"),
        ({"off": frozenset({date(2028, 1, 1)})}, "days_off"),
        ({"work": frozenset({date(2027, 1, 4)})}, "make_up"),
        ({"work": frozenset({date(2027, 1, 5)})}, "make_up"),
        ({"amends": "国办发明电〔2026〕98号"}, "amends"),
        ({"amends": DOCUMENT_OF_2026}, "amends"),
    ],
)
def test_what_a_notice_lacks_is_named(values: dict[str, object], field: str) -> None:
    assert field in {name for name, _ in found(replace(NEW_YEAR, **values))}  # type: ignore[arg-type]


@pytest.mark.parametrize("year", [0, 1, 9999])
def test_a_year_beyond_the_calendar_is_refused(year: int) -> None:
    day = date(max(year, 1), 1, 1)
    notice = replace(NEW_YEAR, year=year, published_on=day, off=frozenset({day, date.max}))
    assert {"year", "published_on"} & {name for name, _ in found(notice)}


def test_a_holiday_may_begin_in_december() -> None:
    days = NEW_YEAR.off | {date(2026, 12, 31)}
    assert found(replace(NEW_YEAR, off=days)) == set()


def test_a_second_notice_of_a_year_says_what_it_amends() -> None:
    assert found(AMENDED, NEW_YEAR) == set()
    silent = found(replace(AMENDED, amends=""), NEW_YEAR)
    assert silent == {
        ("year", "2027 is arranged already; name the notice that this one amends"),
        ("days_off", "The calendar in force has the opposite: 2027-01-09"),
        ("make_up", "The calendar in force has the opposite: 2027-01-04"),
    }


def test_an_amendment_changes_no_day_of_another_notice() -> None:
    of_december = replace(NEW_YEAR, off=NEW_YEAR.off | {date(2026, 12, 31)})
    later = replace(
        AMENDED,
        document="国办发明电〔2026〕101号",
        published_on=date(2026, 11, 14),
        off=frozenset({date(2027, 2, 5)}),
        work=frozenset({date(2026, 12, 31)}),
        amends=AMENDED.document,
    )
    assert found(later, of_december, AMENDED) == {
        ("make_up", "The calendar in force has the opposite: 2026-12-31")
    }
    assert found(replace(later, amends=NEW_YEAR.document), of_december, AMENDED) == set()


def test_an_amendment_is_held_to_everything_else() -> None:
    faulty = replace(AMENDED, sha256="", off=frozenset({date(2028, 1, 1)}))
    assert {name for name, _ in found(faulty, NEW_YEAR)} == {"sha256", "days_off"}

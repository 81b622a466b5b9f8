"""Working days by the State Council's yearly arrangement, in numbered editions.

The day after the event is day 1 (CIVIL-CODE 201). A year without a published
arrangement is counted by the plain week and every result that needs it is *provisional*.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from law.errors import InvalidInput, NotFound
from law.packaged import read

CITE = "CIVIL-CODE 201"
_DAY = timedelta(days=1)
_SATURDAY = 5


@dataclass(frozen=True)
class Due:
    """A date with how sure it is: provisional until every year it was counted in is published."""

    date: date
    provisional: bool
    edition: int


@dataclass(frozen=True)
class Edition:
    """Every arrangement published so far: `off` days, make-up `work` days, `years` published.

    `documents` are the State Council notices it rests on, oldest first.
    """

    number: int
    published_on: date
    years: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]
    documents: tuple[str, ...]

    def is_workday(self, day: date) -> bool:
        """Whether it is a working day: as arranged, and by the plain week where nothing is said."""
        if day in self.off:
            return False
        return day in self.work or day.weekday() < _SATURDAY

    def is_published(self, day: date) -> bool:
        """Whether the arrangement of that day's year has been published."""
        return day.year in self.years

    def with_year(
        self,
        year: int,
        *,
        published_on: date,
        document: str,
        off: Iterable[date] = (),
        work: Iterable[date] = (),
    ) -> Edition:
        """The next edition: this one with a year's arrangement added, or a published one amended.

        A day named again takes its new meaning. Raises InvalidInput for a missing document or
        for a day that is both off and worked.
        """
        new_off, new_work = frozenset(off), frozenset(work)
        _check_arrangement(document, new_off & new_work)
        return Edition(
            number=self.number + 1,
            published_on=published_on,
            years=self.years | {year},
            off=(self.off - new_work) | new_off,
            work=(self.work - new_off) | new_work,
            documents=(*self.documents, document),
        )

    def to_json(self) -> dict[str, Any]:
        """The edition as plain JSON values, with nothing lost."""
        return {
            "number": self.number,
            "published_on": self.published_on.isoformat(),
            "years": sorted(self.years),
            "off": [d.isoformat() for d in sorted(self.off)],
            "work": [d.isoformat() for d in sorted(self.work)],
            "documents": list(self.documents),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Edition:
        """The edition that `to_json` wrote."""
        return cls(
            number=data["number"],
            published_on=date.fromisoformat(data["published_on"]),
            years=frozenset(data["years"]),
            off=frozenset(map(date.fromisoformat, data["off"])),
            work=frozenset(map(date.fromisoformat, data["work"])),
            documents=tuple(data["documents"]),
        )


def _check_arrangement(document: str, both: frozenset[date]) -> None:
    if not document.strip():
        raise InvalidInput("节假日安排须注明发文字号", "an arrangement needs its source document")
    if both:
        days = ", ".join(sorted(d.isoformat() for d in both))
        raise InvalidInput(
            f"同一日不能既放假又上班：{days}", f"a day is off or worked, not both: {days}"
        )


def _days(spans: Iterable[date | str]) -> Iterator[date]:
    """The days of a YAML list of dates and `first..last` ranges, both ends included."""
    for span in spans:
        first, _, last = str(span).partition("..")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            yield day
            day += _DAY


NOTHING_PUBLISHED = Edition(0, date.min, frozenset(), frozenset(), frozenset(), ())


@cache
def editions() -> tuple[Edition, ...]:
    """The packaged editions, oldest first; each contains all before it."""
    chain = [NOTHING_PUBLISHED]
    for notice in read("workdays")["editions"]:
        chain.append(
            chain[-1].with_year(
                notice["year"],
                published_on=notice["published_on"],
                document=notice["cite"],
                off=_days(notice["days_off"]),
                work=_days(notice["make_up"]),
            )
        )
    return tuple(chain[1:])


def edition(number: int | None = None) -> Edition:
    """The packaged edition of that number, the latest by default. Raises NotFound."""
    packaged = editions()
    if number is None:
        return packaged[-1]
    for candidate in packaged:
        if candidate.number == number:
            return candidate
    raise NotFound(f"没有第{number}版工作日历", f"there is no calendar edition {number}")


def edition_on(day: date) -> Edition:
    """The packaged edition known on that day; before the first, nothing is published."""
    known = [e for e in editions() if e.published_on <= day]
    return known[-1] if known else NOTHING_PUBLISHED


def nth_working_day(start: date, n: int, edition: Edition) -> Due:
    """The n-th working day after the event; the day after the event is day 1.

    CIVIL-CODE 201. `n` counts working days, at least 1; the result is the last day of the
    term, inclusive. Provisional when a year counted through is not published in the edition.
    Raises InvalidInput for n < 1.
    """
    if n < 1:
        raise InvalidInput(
            f"工作日数应为不小于1的整数：{n}", f"the number of working days is at least 1: {n}"
        )
    day, left, published = start, n, True
    while left:
        if day == date.max:
            raise InvalidInput("期限超出可计算的日期范围", "the term ends beyond the last date")
        day += _DAY
        published = published and edition.is_published(day)
        left -= edition.is_workday(day)
    return Due(day, not published, edition.number)


def nth_last_working_day(end: date, n: int, edition: Edition) -> date:
    """The n-th working day counted back from `end`, which is the first one if it is worked.

    On its morning n working days are left until the end of `end`. `n` is at least 1.
    """
    day, left = end, n - edition.is_workday(end)
    while left > 0:
        day -= _DAY
        left -= edition.is_workday(day)
    return day


def next_working_day(day: date, edition: Edition) -> Due:
    """The day itself when worked, else the next worked one (CIVIL-CODE 203)."""
    return nth_working_day(day - _DAY, 1, edition)


def working_days_between(start: date, end: date, edition: Edition) -> int:
    """How many working days lie after `start` up to and including `end`; 0 when `end` is earlier.

    The inverse of `nth_working_day`: the day of the event is not counted.
    """
    span = (end - start).days
    return sum(edition.is_workday(start + _DAY * i) for i in range(1, span + 1))

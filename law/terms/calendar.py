"""The working-day calendar: one numbered edition for each notice of the State Council.

An edition contains all earlier ones, so any result can be recomputed with the edition that was the
latest on its day.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from law.errors import InvalidInput
from law.figures import Version
from law.reader.data_file import DATED, read_dated, read_header
from law.reader.packaged import understood
from law.reader.strict_reader import Reader

_DECEMBER = 12
_DAY = timedelta(days=1)
_SATURDAY = 5
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
# The first edition has number -1: the notices of 2019 were added when number 1 was in use.
_BEFORE_THE_FIRST = -2


@dataclass(frozen=True)
class Edition:
    """One edition of the working-day calendar, with all arrangements published until then.

    `off` are days off, `work` make-up working days, `years` the years already arranged, and
    `documents` the State Council notices, oldest first.
    """

    number: int
    published_on: date
    years: frozenset[int]
    off: frozenset[date]
    work: frozenset[date]
    documents: tuple[str, ...]

    def is_workday(self, day: date) -> bool:
        """Returns whether a day is a working day: by arrangement, otherwise Monday to Friday."""
        if day in self.off:
            return False
        return day in self.work or day.weekday() < _SATURDAY

    def is_published(self, day: date) -> bool:
        """Returns whether the arrangement for the year of this day has been published."""
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
        """Returns the next edition: this one with the arrangement of a year added or amended.

        The new arrangement replaces the old one for each day that it names. Raises InvalidInput for
        a missing document, or for a day that is in both `off` and `work`.
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
        """Returns the edition as JSON values, with all its data."""
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
        """Reads an edition from the JSON that `to_json` returned."""
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


NOTHING_PUBLISHED = Edition(_BEFORE_THE_FIRST, date.min, frozenset(), frozenset(), frozenset(), ())


@cache
def packaged() -> tuple[Edition, ...]:
    """Returns the packaged calendar editions, oldest first; each contains all earlier ones."""
    return understood("workdays", read_editions)


def read_editions(reader: Reader) -> tuple[Edition, ...]:
    """Reads `workdays.yaml`: one calendar edition per notice; each contains all earlier ones."""
    read_header(reader, "editions")
    chain = [NOTHING_PUBLISHED]
    for item in reader.each("editions"):
        notice = read_dated(item, _notice)
        _note_order(item, notice, chain[-1])
        chain.append(_next(chain[-1], notice))
    return tuple(chain[1:])


@dataclass(frozen=True)
class _Notice:
    """One notice of the State Council, with the days that it names."""

    number: int
    year: int
    off: frozenset[date]
    work: frozenset[date]


def _notice(reader: Reader) -> _Notice:
    reader.only("number", "year", "title", "days_off", "make_up", *DATED)
    reader.text("title")
    year = reader.whole("year")
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        reader.fault("year", "不是年份", "is no year")
        year = _FIRST_YEAR
    off, work = (frozenset(_days(reader, key, year)) for key in ("days_off", "make_up"))
    if both := ", ".join(sorted(day.isoformat() for day in off & work)):
        reader.fault("make_up", f"同一日既放假又上班：{both}", f"off and worked: {both}")
    if idle := ", ".join(sorted(day.isoformat() for day in work if day.weekday() < _SATURDAY)):
        reader.fault("make_up", f"并非休息日：{idle}", f"is no day of rest: {idle}")
    return _Notice(reader.whole("number"), year, off, work)


def _days(reader: Reader, key: str, year: int) -> Iterator[date]:
    """Yields the days of a list of dates and of ranges `first..last`, both ends included."""
    spans = reader.data.get(key)
    if not isinstance(spans, list):
        reader.fault(key, "应为日期列表", "must be a list of days")
        return
    for span in spans:
        first, _, last = str(span).partition("..")
        try:
            day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        except ValueError:
            reader.fault(key, f"不是日期：{span}", f"is no day: {span}")
            continue
        if end < day or not (is_arranged_with(year, day) and is_arranged_with(year, end)):
            reader.fault(key, f"日期不在{year}年内或前后颠倒", f"is not of {year}: {span}")
            continue
        yield from (day + _DAY * after for after in range((end - day).days + 1))


def is_arranged_with(year: int, day: date) -> bool:
    """Returns whether the arrangement of a year may name a day: of the year, or shortly before.

    A holiday may begin in December of the year before, as the New Year of 2023 did.
    """
    return day.year == year or (day.year == year - 1 and day.month == _DECEMBER)


def _note_order(reader: Reader, notice: Version[_Notice], before: Edition) -> None:
    """Notes a fault for a missing number and for a notice not later than the one before."""
    if notice.value.number != before.number + 1:
        reader.fault("number", f"应为{before.number + 1}", f"must be {before.number + 1}")
    if (notice.validity.valid_from or date.min) <= before.published_on:
        reader.fault("valid_from", "应晚于上一版", "must be later than the edition before")


def _next(before: Edition, notice: Version[_Notice]) -> Edition:
    return before.with_year(
        notice.value.year,
        published_on=notice.validity.valid_from or date.min,
        document=notice.cite.partition(" ")[2] or "-",
        off=notice.value.off - notice.value.work,
        work=notice.value.work,
    )

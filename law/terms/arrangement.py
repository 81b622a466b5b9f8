"""One notice of the State Council that arranges the holidays of a year, loaded after the release.

The editions of `workdays.yaml` come with the platform. A notice that is published later is loaded
as an arrangement, and continues their chain. Once a release has it, that edition counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from law.errors import Fault
from law.identity import document_key
from law.terms.calendar import NOTHING_PUBLISHED, Edition, is_arranged_with

_SATURDAY = 5
_DIGEST = re.compile("[0-9a-f]{64}")
_YEAR = re.compile(r"(?:19|2\d)\d{2}(?=年)")


@dataclass(frozen=True)
class Arrangement:
    """The holidays of a year by one notice: its number, title, day and digest, and its days.

    `off` are days off, `work` make-up working days. `amends` is the number of the earlier notice of
    the same year that this one changes; empty for none.
    """

    year: int
    document: str
    title: str
    published_on: date
    sha256: str
    off: frozenset[date]
    work: frozenset[date]
    amends: str = ""

    def to_json(self) -> dict[str, Any]:
        """Returns the arrangement as JSON values."""
        days = {"off": _written(self.off), "work": _written(self.work)}
        return {**vars(self), **days, "published_on": self.published_on.isoformat()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Arrangement:
        """Reads an arrangement from the JSON that `to_json` returned."""
        days = {name: frozenset(map(date.fromisoformat, data[name])) for name in ("off", "work")}
        published_on = date.fromisoformat(data["published_on"])
        return cls(**{**data, **days, "published_on": published_on})

    def after(self, edition: Edition) -> Edition:
        """Returns the calendar with this arrangement added to an edition, under the next number."""
        return edition.with_year(
            self.year,
            published_on=self.published_on,
            document=self.document,
            off=self.off,
            work=self.work,
        )


def continued(editions: Sequence[Edition], loaded: Iterable[Arrangement]) -> tuple[Edition, ...]:
    """Returns a chain of editions, continued by the arrangements that it does not contain.

    An edition of the release counts before an arrangement of the same notice.
    """
    chain = list(editions)
    known = {document_key(document) for document in chain[-1].documents}
    for arrangement in loaded:
        if document_key(arrangement.document) not in known:
            chain.append(arrangement.after(chain[-1]))
            known.add(document_key(arrangement.document))
    return tuple(chain)


def faults(new: Arrangement, chain: Sequence[Edition], today: date) -> tuple[Fault, ...]:
    """Returns why an arrangement cannot follow a chain of editions; nothing if it can.

    It needs its source and days of its year. It contradicts no day that is arranged already, but
    for the days of the notice that it says it amends.
    """
    newest = chain[-1]
    found = [*_of_source(new, newest, today), *_of_year(new), *_of_days(new, newest)]
    return (*found, *_of_amended(new, newest), *_of_clash(new, chain))


def _of_source(new: Arrangement, newest: Edition, today: date) -> Iterator[Fault]:
    if not new.document.strip():
        zh = "请写明放假通知的发文字号，例如 国办发明电〔2025〕7号"
        yield Fault("document", zh, "Write the number of the notice, as 国办发明电〔2025〕7号")
    if not new.title.strip():
        yield Fault("title", "请写明放假通知的标题", "Write the title of the notice")
    if not _DIGEST.fullmatch(new.sha256):
        zh = "请写明通知原文的 SHA-256，64 位十六进制（命令 sha256sum）"
        yield Fault("sha256", zh, "Write the SHA-256 of the notice, 64 hex digits (sha256sum)")
    if new.published_on > today:
        zh = f"通知日期{new.published_on}在今天之后"
        yield Fault("published_on", zh, f"The notice is of a day to come: {new.published_on}")
    elif new.published_on <= newest.published_on:
        zh = f"通知日期应晚于现行日历的{newest.published_on}（{newest.documents[-1]}）"
        en = f"The notice must be later than {newest.published_on} ({newest.documents[-1]})"
        yield Fault("published_on", zh, en)
    if document_key(new.document) in map(document_key, newest.documents):
        zh, en = f"日历已有{new.document}", f"The calendar has {new.document} already"
        yield Fault("document", zh, en)


def _of_year(new: Arrangement) -> Iterator[Fault]:
    if new.year not in (new.published_on.year, new.published_on.year + 1):
        zh = f"年份{new.year}与通知日期{new.published_on}不符：放假通知安排当年或者次年"
        en = f"The year {new.year} does not go with a notice of {new.published_on}"
        yield Fault("year", zh, en)
    named = set(_YEAR.findall(new.title))
    if named and str(new.year) not in named:
        zh = f"标题写的是{'、'.join(sorted(named))}年，年份却是{new.year}"
        yield Fault("year", zh, f"The title is of {', '.join(sorted(named))}, not of {new.year}")
    for name, days in (("days_off", new.off), ("make_up", new.work)):
        if other := [day for day in days if not is_arranged_with(new.year, day)]:
            zh = f"不是{new.year}年的日期：{_listed(other)}"
            yield Fault(name, zh, f"Not a day of {new.year}: {_listed(other)}")


def _of_days(new: Arrangement, newest: Edition) -> Iterator[Fault]:
    if not new.off:
        yield Fault("days_off", "没有放假的日期", "There is no day off")
    if both := new.off & new.work:
        zh = f"同一日既放假又上班：{_listed(both)}"
        yield Fault("make_up", zh, f"Off and worked: {_listed(both)}")
    idle = [d for d in new.work if d.weekday() < _SATURDAY and d not in newest.off]
    if idle:
        zh = f"本来就是工作日，不必调休：{_listed(idle)}"
        yield Fault("make_up", zh, f"Worked anyhow, not made up: {_listed(idle)}")


def _of_amended(new: Arrangement, newest: Edition) -> Iterator[Fault]:
    arranged = new.year in newest.years
    if not new.amends:
        if arranged:
            zh = f"{new.year}年已经安排；调整原通知的，请在 amends（调整）写明原发文字号"
            en = f"{new.year} is arranged already; name the notice that this one amends"
            yield Fault("year", zh, en)
    elif document_key(new.amends) not in map(document_key, newest.documents):
        zh, en = f"日历没有{new.amends}", f"The calendar has no {new.amends}"
        yield Fault("amends", zh, en)
    elif not arranged:
        zh, en = f"{new.year}年尚未安排，没有可调整的", f"{new.year} is not arranged yet"
        yield Fault("amends", zh, en)


def _of_clash(new: Arrangement, chain: Sequence[Edition]) -> Iterator[Fault]:
    newest, amended = chain[-1], _named_by(new.amends, chain)
    for name, days, others in (
        ("days_off", new.off, newest.work),
        ("make_up", new.work, newest.off),
    ):
        if clash := (days & others) - amended:
            zh = f"与现行日历相反：{_listed(clash)}"
            yield Fault(name, zh, f"The calendar in force has the opposite: {_listed(clash)}")


def _named_by(document: str, chain: Sequence[Edition]) -> frozenset[date]:
    """The days that a notice of the chain arranged otherwise than they were before it."""
    for before, after in pairwise((NOTHING_PUBLISHED, *chain)):
        if document_key(after.documents[-1]) == document_key(document):
            return (before.off ^ after.off) | (before.work ^ after.work)
    return frozenset()


def _written(days: Iterable[date]) -> list[str]:
    return [day.isoformat() for day in sorted(days)]


def _listed(days: Iterable[date]) -> str:
    return ", ".join(_written(days))

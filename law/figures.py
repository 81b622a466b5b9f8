"""A figure of the law: its value, its article, and the days on which it holds.

A figure that changed has several versions, each with its own days. Reading a figure for a day on
which no version holds raises NotInForce: an ended version is never used in its place (D-08).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, Generic, TypeVar

from law.errors import Fault, NotInForce

T = TypeVar("T")
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Validity:
    """The first and the last day on which a rule or figure is in force, both inclusive.

    None means that there is no first day, or no last day.
    """

    valid_from: date | None
    valid_to: date | None

    def holds(self, day: date) -> bool:
        """Returns whether the day lies between `valid_from` and `valid_to`, both inclusive."""
        after = self.valid_from is None or self.valid_from <= day
        return after and (self.valid_to is None or day <= self.valid_to)

    def meets(self, other: Validity) -> bool:
        """Returns whether the two validities have at least one day in common."""
        return self._begins_by(other.valid_to) and other._begins_by(self.valid_to)

    def covers(self, other: Validity) -> bool:
        """Returns whether every day of the other validity lies within this one."""
        return (self.valid_from or date.min) <= (other.valid_from or date.min) and (
            other.valid_to or date.max
        ) <= (self.valid_to or date.max)

    def _begins_by(self, day: date | None) -> bool:
        return self.valid_from is None or day is None or self.valid_from <= day


@dataclass(frozen=True, slots=True)
class Version(Generic[T]):
    """One version of a figure of the law: its value, its article and the days on which it holds."""

    value: T
    cite: str
    validity: Validity


def in_force(versions: Sequence[Version[T]], on: date, zh: str, en: str) -> T:
    """Returns the value of the version that holds on a day.

    Raises NotInForce, citing the articles of all versions, when no version holds on that day. `zh`
    and `en` name the figure in the error message.
    """
    for version in versions:
        if version.validity.holds(on):
            return version.value
    raise not_in_force(on, zh, en, (version.cite for version in versions))


def in_force_or_next(versions: Sequence[Version[T]], on: date, zh: str, en: str) -> T:
    """Returns the value of the version that holds on a day, or of the next later version.

    Used for calculations that count back from a later day to a day before the article. Raises
    NotInForce for a day after the last version ended. `zh` and `en` name the figure in the error
    message.
    """
    for version in sorted(versions, key=lambda version: version.validity.valid_from or date.min):
        if version.validity.valid_to is None or on <= version.validity.valid_to:
            return version.value
    raise not_in_force(on, zh, en, (version.cite for version in versions))


def stretches(*validities: Validity) -> tuple[tuple[date, date], ...]:
    """Splits all time into periods of days within which no validity begins or ends.

    Returns the first and the last day of each period, both inclusive, oldest first.
    """
    starts = {validity.valid_from for validity in validities if validity.valid_from}
    starts |= {validity.valid_to + _DAY for validity in validities if validity.valid_to}
    firsts = [date.min, *sorted(starts - {date.min})]
    return (*((first, then - _DAY) for first, then in pairwise(firsts)), (firsts[-1], date.max))


def validities(*figures: Sequence[Version[Any]]) -> list[Validity]:
    """Returns the validity of every version of the given figures."""
    return [version.validity for versions in figures for version in versions]


def not_in_force(on: date, zh: str, en: str, cites: Iterable[str], field: str = "on") -> NotInForce:
    """Builds the NotInForce error: no version of a value of the law is in force on the day `on`.

    `zh` and `en` name the figure, `cites` are its articles, and `field` is the input field at
    fault.
    """
    zh, en = f"{on}时“{zh}”无效力", f"{en} is not in force on {on}"
    return NotInForce(zh, en, cite="; ".join(dict.fromkeys(cites)), faults=(Fault(field, zh, en),))

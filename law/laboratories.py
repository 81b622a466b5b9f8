"""What the temperature and humidity of a laboratory say of a verification that was done in it.

S4 二(五); C-46. The limits are those of the regulation (JJG) by which it was verified. A finding is
told to the institution and the bureau; it decides no colour and no grade.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache

from law.figures import Version
from law.instruments import REGULATION, catalogue
from law.periods import earliest_counting
from law.reader.ambiguities import read_readings
from law.reader.data_file import DATED, read_dated, read_header, read_requirements
from law.reader.packaged import understood
from law.reader.strict_reader import Reader

HUNDREDTHS = 100
_RANGE = re.compile(r"(-?\d{1,3})\.\.(-?\d{1,3})")  # both ends inclusive, in whole units
_NUMBER = re.compile(r"JJG\s*(?:\([^)]*\)\s*)?0*(\d+)(?:\s*[-—–]\s*(\d{4}))?", re.IGNORECASE)


class Finding(StrEnum):
    """What the records of a laboratory say of a verification, the gravest first.

    Records that lie outside the limits count whatever else is missing. Without a single record
    nothing is known of the conditions, which is told as such.
    """

    UNKNOWN_LABORATORY = "unknown_laboratory"
    NOT_AUTHORISED = "not_authorised"
    EXCEEDED = "exceeded"
    NO_RECORDS = "no_records"
    GAPS = "gaps"
    NO_LIMITS = "no_limits"
    WITHIN = "within"


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the most that a quantity may be, both inclusive, in hundredths of its unit."""

    least: int
    most: int

    def has(self, value: int) -> bool:
        """Returns whether a value, in hundredths of the unit, lies within."""
        return self.least <= value <= self.most


@dataclass(frozen=True, slots=True)
class Limits:
    """The conditions in which a regulation has instruments verified.

    `temperature` is in degrees Celsius, `humidity` in percent of relative humidity. `example` is
    true while the figures are an example and not those of the regulation.
    """

    temperature: Range
    humidity: Range
    example: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """What a sensor measured in the hour that begins at `hour`, in hundredths of the units."""

    hour: datetime
    temperature: int
    humidity: int


@dataclass(frozen=True, slots=True)
class Judgement:
    """A finding, with the hours without any reading and those with one outside the limits."""

    finding: Finding
    missing: int
    outside: int


@dataclass(frozen=True, slots=True)
class _Environment:
    sensors: Limits
    kept_years: int
    limits: Sequence[Version[Limits]]


def limits_of(method: str, type_code: str, on: date) -> Version[Limits] | None:
    """Returns the limits of the regulation by which an instrument was verified on a day.

    `method` is what the verification names; where it is blank, that of the type counts. A number
    without a year means the edition of the catalogue. None if no limits are on file for it.
    """
    type_ = catalogue().get(type_code)
    named = _NUMBER.search(method if method.strip() else (type_.jjg or "" if type_ else ""))
    if named is None:
        return None
    number, year = named.groups()
    for version in _environment().limits:
        known = _NUMBER.match(version.cite)
        if known and number == known[1] and year in (None, known[2]):
            return version if version.validity.holds(on) else None
    return None


def sensors() -> Limits:
    """Returns what a sensor can measure at all; what lies outside is a fault of the sensor."""
    return _environment().sensors


def kept_from(today: date) -> date:
    """Returns the first day whose hourly records are kept; those of earlier days are removed.

    The period is the house's own practice, in years; what marks took from the records stays.
    """
    return earliest_counting(today, _environment().kept_years)


def judge(
    limits: Limits | None, hours: Collection[datetime], readings: Collection[Reading]
) -> Judgement:
    """Compares the readings of a laboratory with the limits, for the hours of a verification.

    Readings of other hours are passed over. An hour is outside if any of its readings is.
    """
    wanted = {*hours}
    own = [one for one in readings if one.hour in wanted]
    missing = len(wanted) - len({one.hour for one in own})
    outside = len({one.hour for one in own if limits and not _fits(limits, one)})
    if outside:
        finding = Finding.EXCEEDED
    elif not own:
        finding = Finding.NO_RECORDS
    elif limits is None:
        finding = Finding.NO_LIMITS
    else:
        finding = Finding.GAPS if missing else Finding.WITHIN
    return Judgement(finding, missing, outside)


def _fits(limits: Limits, reading: Reading) -> bool:
    fits = limits.temperature.has(reading.temperature)
    return fits and limits.humidity.has(reading.humidity)


@cache
def _environment() -> _Environment:
    return understood("laboratories", read_laboratories)


def read_laboratories(reader: Reader) -> _Environment:
    """Reads `laboratories.yaml`. Two limits of one regulation are a fault."""
    read_header(reader, "sensors", "kept", "limits", "ambiguities", "requirements")
    read_requirements(reader)
    read_readings(reader)
    found = tuple(read_dated(item, _of_regulation) for item in reader.each("limits"))
    cites = [version.cite for version in found]
    for name in {name for name in cites if cites.count(name) > 1}:
        reader.fault(f"limits.{name}", "编号重复", f"repeats {name}")
    years = _kept(reader.below("kept"))
    return _Environment(_sensors(reader.below("sensors")), years, found)


def _kept(reader: Reader) -> int:
    reader.only("years", "house")
    _require_house(reader)
    return reader.whole("years", 1)


def _sensors(reader: Reader) -> Limits:
    reader.only("temperature", "humidity", "house")
    _require_house(reader)
    return _limits(reader)


def _require_house(reader: Reader) -> None:
    if not reader.flag("house", False):
        reader.fault("house", "须注明非法定", "must be marked as the house's own practice")


def _of_regulation(reader: Reader) -> Limits:
    if not reader.text("cite").startswith(REGULATION):
        reader.fault("cite", "应为检定规程", "must be a verification regulation")
    reader.only("temperature", "humidity", "example", *DATED)
    return _limits(reader)


def _limits(reader: Reader) -> Limits:
    return Limits(
        temperature=_range(reader, "temperature"),
        humidity=_range(reader, "humidity"),
        example=reader.flag("example", False),
    )


def _range(reader: Reader, key: str) -> Range:
    found = _RANGE.fullmatch(reader.text(key))
    if found is None:
        reader.fault(key, "应为范围，如 -10..40", "must be a range such as -10..40")
        return Range(0, 0)
    least, most = (int(number) * HUNDREDTHS for number in found.groups())
    if most < least:
        reader.fault(key, "上限小于下限", "its end is below its beginning")
    return Range(least, most)

"""The catalogue of instrument types: how and how often each type must be verified.

CATALOGUE-2020-42; the cycles are those of the verification regulations (JJG). Each type has a
confidence; a deployment must check a value of low or medium confidence before using it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import SequenceMatcher
from enum import StrEnum
from functools import cache
from heapq import nlargest
from itertools import pairwise

from law.colours.rule import Mode
from law.errors import NotFound
from law.figures import Validity, Version
from law.identity import folded
from law.periods import add_months
from law.reader.ambiguities import read_readings
from law.reader.data_file import (
    DATED,
    read_cite,
    read_dated,
    read_header,
    read_validity,
)
from law.reader.packaged import understood
from law.reader.strict_reader import Reader

REGULATION = "JJG "
_LIKE = 0.6  # the least share of characters in which names of types are alike
_FIELDS = (
    "code", "name_zh", "name_en", "aliases", "cycle_months", "mode", "listed", "confidence",
    "basis", "note", "earlier", "earlier_modes",
)  # fmt: skip
_DAY = timedelta(days=1)


class Confidence(StrEnum):
    """How certain the regulation number and the verification cycle of an instrument type are."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Listed(StrEnum):
    """Whether the instrument type is in the compulsory catalogue of 2020."""

    YES = "yes"
    LIKELY = "likely"
    UNKNOWN = "unknown"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Cycle:
    """The verification regulation of a type, if it has one, and the longest usual cycle by it.

    `months` are calendar months, None if unknown. `basis` says whether they were looked up.
    """

    jjg: str | None
    months: int | None
    basis: str


@dataclass(frozen=True, slots=True)
class InstrumentType:
    """One type of instrument, with its verification regulations and cycles, the latest first.

    `modes` says how it is verified, the latest version of the catalogue first. `aliases` are names
    of the trade that mean this type and no other.
    """

    code: str
    name_zh: str
    name_en: str
    cycles: tuple[Version[Cycle], ...]
    modes: tuple[Version[Mode], ...]
    listed: Listed
    confidence: Confidence
    note: str
    aliases: tuple[str, ...] = ()

    @property
    def jjg(self) -> str | None:
        """The latest verification regulation; None if the type has none."""
        return self.cycles[0].value.jjg

    @property
    def cycle_months(self) -> int | None:
        """The longest usual cycle by the latest regulation, in calendar months, None if unknown."""
        return self.cycles[0].value.months

    @property
    def mode(self) -> Mode:
        """How the type is verified by the latest version of the catalogue."""
        return self.modes[0].value

    def mode_on(self, day: date) -> Mode:
        """Returns how the type is verified by the version of the catalogue in force on a day."""
        return next(one.value for one in self.modes if one.validity.holds(day))

    def cycle_on(self, day: date) -> Cycle:
        """Returns the regulation and the cycle of a verification that is made on a day."""
        return next(one.value for one in self.cycles if one.validity.holds(day))

    @property
    def to_be_checked(self) -> bool:
        """True if the regulation and the cycle must be checked before use.

        This is so for every confidence below high.
        """
        return self.confidence is not Confidence.HIGH


@dataclass(frozen=True)
class Rotation:
    """The first day on which an instrument could be due for replacement, and the articles of it.

    `basis` says whether the articles were looked up. `at_most_months` from today is the house's own
    bound for such a day.
    """

    not_before: date
    cite: str
    basis: str
    at_most_months: int

    def not_after(self, today: date) -> date:
        """Returns the last day that may be given today for a replacement."""
        return add_months(today, self.at_most_months)


@cache
def catalogue() -> Mapping[str, InstrumentType]:
    """Returns all instrument types of the packaged catalogue, by their code."""
    return understood("instruments", read_catalogue)


def read_catalogue(reader: Reader) -> Mapping[str, InstrumentType]:
    """Reads `instruments.yaml`: every instrument type with its regulation, cycle and confidence.

    A code that occurs twice is a fault, and so is a name or an alias that two types have, or a day
    on which no regulation or no mode of a type holds, or several.
    """
    read_header(reader, "types", "ambiguities", "rotation", *DATED)
    read_cite(reader)
    read_validity(reader)
    read_readings(reader)
    types: dict[str, InstrumentType] = {}
    named: dict[str, str] = {}
    for item in reader.each("types"):
        type_ = _type(item)
        if type_.code in types:
            item.fault("code", "编号重复", f"repeats {type_.code}")
        for name in (type_.name_zh, *type_.aliases):
            if named.setdefault(folded(name), type_.code) != type_.code:
                item.fault("aliases", f"“{name}”另有所指", f"{name} is a name of another type")
        types[type_.code] = type_
    return types


def read_rotation(reader: Reader) -> Rotation:
    """Reads between which days, and by which article, an instrument is to be replaced."""
    own = Reader(reader.data.get("rotation"), "rotation", reader.faults)
    own.only("cite", "not_before", "basis", "at_most_months", "house")
    if not own.flag("house", False):
        own.fault("house", "须注明非法定", "must be marked as the house's own practice")
    at_most = own.whole("at_most_months", least=1)
    return Rotation(own.day("not_before"), read_cite(own), own.text("basis"), at_most)


@cache
def rotation() -> Rotation:
    """Returns between which days an instrument is to be replaced, as it is packaged."""
    return understood("instruments", read_rotation)


def _type(reader: Reader) -> InstrumentType:
    reader.only(*_FIELDS, *DATED)
    return InstrumentType(
        code=reader.text("code"),
        name_zh=reader.text("name_zh"),
        name_en=reader.text("name_en"),
        cycles=_cycles(reader),
        modes=_modes(reader),
        listed=reader.choice("listed", Listed),
        confidence=reader.choice("confidence", Confidence),
        note=reader.text("note") if reader.data.get("note") else "",
        aliases=reader.texts("aliases"),
    )


def _cycles(reader: Reader) -> tuple[Version[Cycle], ...]:
    """The regulations of a type: that of its line, and the earlier ones below it."""
    cycles = [read_dated(reader, _cycle)]
    if "earlier" in reader.data:
        for item in reader.each("earlier"):
            item.only("cycle_months", "basis", *DATED)
            cycles.append(read_dated(item, _cycle))
    _note_gaps(reader, "earlier", [one.validity for one in cycles])
    return tuple(cycles)


def _modes(reader: Reader) -> tuple[Version[Mode], ...]:
    """How a type is verified: by its line, which holds from the day after the earlier modes."""
    earlier: list[Version[Mode]] = []
    if "earlier_modes" in reader.data:
        for item in reader.each("earlier_modes"):
            item.only("mode", *DATED)
            earlier.append(read_dated(item, _mode))
    ended = earlier[0].validity.valid_to if earlier else None
    begins = ended + _DAY if ended else None
    present = Version(_mode(reader), reader.text("cite"), Validity(begins, None))
    _note_gaps(reader, "earlier_modes", [one.validity for one in (present, *earlier)])
    return (present, *earlier)


def _mode(reader: Reader) -> Mode:
    return reader.choice("mode", Mode)


def _note_gaps(reader: Reader, key: str, validities: Sequence[Validity]) -> None:
    """Records a fault unless exactly one of these versions, the latest first, holds on any day."""
    edges = [(one.valid_from, one.valid_to) for one in validities]
    follow = all(
        begins and ends and ends + _DAY == begins for (begins, _), (_, ends) in pairwise(edges)
    )
    if not follow or edges[0][1] or edges[-1][0]:
        zh, en = "各版应首尾相接，最新的在前", "must follow each other, the latest first"
        reader.fault(key, zh, en, cite="D-08")


def _cycle(reader: Reader) -> Cycle:
    cite = reader.text("cite")
    jjg = cite if cite.startswith(REGULATION) else None
    return Cycle(jjg, reader.whole_or_none("cycle_months", least=1), reader.text("basis"))


def code_of(written: str) -> str:
    """Returns the code of a type from its code, its Chinese name or an alias, in whatever writing.

    Ledgers hold a name. What the catalogue does not know is returned as it was written.
    """
    return _codes().get(folded(written), written)


@cache
def _codes() -> Mapping[str, str]:
    types = catalogue().values()
    aliases = {folded(alias): one.code for one in types for alias in one.aliases}
    names = {folded(one.name_zh): one.code for one in types}
    return aliases | names | {folded(one.code): one.code for one in types}


def nearest(written: str, most: int = 3) -> list[InstrumentType]:
    """Returns the types whose names are most like what was written, the nearest first.

    A type that has the whole name, or whose name is part of it, comes before one spelt alike.
    """
    plain = folded(written)
    ratios = {code: max(_likeness(plain, name) for name in names) for code, names in _names()}
    near = nlargest(most, ratios, key=ratios.__getitem__)
    return [catalogue()[code] for code in near if ratios[code] >= _LIKE]


def _likeness(written: str, name: str) -> float:
    contained = min(len(written), len(name)) > 1 and (written in name or name in written)
    return SequenceMatcher(a=written, b=name).ratio() + contained


@cache
def _names() -> Sequence[tuple[str, Sequence[str]]]:
    """The code of each type with everything that names it, as names are compared."""
    return [
        (one.code, [*map(folded, (one.code, one.name_zh, one.name_en, *one.aliases))])
        for one in catalogue().values()
    ]


def instrument_type(code: str) -> InstrumentType:
    """Returns the instrument type with this code. Raises NotFound for an unknown code."""
    type_ = catalogue().get(code)
    if type_ is None:
        raise NotFound(f"没有器具类型“{code}”", f"there is no instrument type {code!r}")
    return type_


def mode_of(code: str, on: date) -> Mode:
    """Returns how an instrument type is verified on a day.

    A type that is not in the catalogue is verified periodically.
    """
    known = catalogue().get(code)
    return known.mode_on(on) if known else Mode.PERIODIC


def not_periodic(on: date) -> dict[str, Mode]:
    """Returns how the types are verified that are not verified periodically on a day, by code.

    All others are verified periodically, known or not. So two catalogues, or two days of one, give
    every instrument the same colour if and only if these types and modes are the same.
    """
    modes = {code: mode_of(code, on) for code in catalogue()}
    return {code: mode for code, mode in modes.items() if mode is not Mode.PERIODIC}


def end_of_cycle(code: str, verified_on: date) -> date:
    """Returns the last day to which a verification may be valid by the type's usual cycle.

    It is the same day of the month after the cycle, inclusive, by the regulation that held on the
    day of the verification. For a type that is not in the catalogue or has no known cycle it is
    that of the longest cycle of the catalogue.
    """
    known = catalogue().get(code)
    months = (known.cycle_on(verified_on).months if known else None) or _longest_cycle()
    return add_months(verified_on, months)


@cache
def _longest_cycle() -> int:
    return max(one.cycle_months or 0 for one in catalogue().values())


def exceeds_cycle(code: str, verified_on: date, valid_until: date | None) -> bool:
    """Returns whether a verification is said to be valid for longer than the type's usual cycle."""
    return valid_until is not None and valid_until > end_of_cycle(code, verified_on)

"""The data of measures and of random inspection shares, each with its article and its days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TypeVar

from law.colours.rule import Colour
from law.errors import NotFound
from law.figures import Version
from law.reader.ambiguities import read_readings
from law.reader.data_file import (
    DATED,
    note_each,
    note_rivals,
    read_dated,
    read_figure,
    read_header,
    read_period,
    read_requirements,
)
from law.reader.packaged import understood
from law.reader.strict_reader import Reader
from law.reader.texts import TextStatus
from law.texts_in_force.load import GRADING, load

T = TypeVar("T")


class MeasureKind(StrEnum):
    """Whether a measure is in favour of the subject (incentive) or against it (restriction)."""

    INCENTIVE = "incentive"
    RESTRICTION = "restriction"


class Discretion(StrEnum):
    """Whether the legal text orders the measure (`shall`) or allows it (`may`, 可以)."""

    SHALL = "shall"
    MAY = "may"


class Direction(StrEnum):
    """Whether a class is inspected at the basic rate, less often, or more often."""

    BASE = "base"
    LESS = "less"
    MORE = "more"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure that a legal text attaches to a grade, with its article.

    `of_permits` marks what bears on the permits of metrology of a subject (R-157, R-159 to R-161).
    """

    id: str
    kind: MeasureKind
    discretion: Discretion
    cite: str
    zh: str
    en: str
    of_permits: bool = False


@dataclass(frozen=True, slots=True)
class Sampling:
    """The least share of a class that must be inspected in a year, in percent.

    `at_least_percent` is None where the text gives no figure. `direction` states whether the class
    is inspected `more` or `less` often than others, or at the `base` rate.
    """

    at_least_percent: int | None
    direction: str
    cite: str
    principle: str
    principle_en: str


class Actor(StrEnum):
    """The bodies that consider a grade in their work."""

    BUREAU = "bureau"
    ASSOCIATION = "association"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class Use:
    """One kind of work in which a grade is considered, with the body that considers it."""

    id: str
    by: Actor
    cite: str
    zh: str
    en: str


MeasureVersions = tuple[Version[Measure], ...]


@dataclass(frozen=True, slots=True)
class MeasureTable:
    """All measures: by text and grade, by colour of an alert, and the uses of grades by text.

    The measures that a grade inherits from another grade are listed first.
    """

    grades: Mapping[str, Mapping[str, MeasureVersions]]
    uses: Mapping[str, tuple[Version[Use], ...]]
    alerts: Mapping[str, MeasureVersions]


SamplingTable = Mapping[str, Mapping[str, tuple[Version[Sampling], ...]]]


@cache
def measure_table() -> MeasureTable:
    """Returns the measures for each grade and the uses of grades, as the packaged file has them."""
    return understood("measures", read_measures)


@cache
def sampling_table() -> SamplingTable:
    """Returns the shares inspected at random, for each text and class, from the packaged file."""
    return understood("sampling", read_sampling)


def read_measures(reader: Reader) -> MeasureTable:
    """Reads `measures.yaml`, which must list every grade of every text, even without a measure."""
    read_header(reader, "rulesets", "uses", "alerts", "ambiguities")
    read_readings(reader)
    texts = reader.below("rulesets")
    note_each(texts, GRADING)
    uses, alerts = reader.below("uses"), reader.below("alerts")
    uses.only(*GRADING)
    alerts.only(*(colour for colour in Colour if colour is not Colour.NONE))
    return MeasureTable(
        {name: _of_text(texts.below(name), name) for name in GRADING if name in texts.data},
        {name: tuple(read_dated(item, _use) for item in uses.each(name)) for name in uses.data},
        {colour: _listed(alerts, colour) for colour in alerts.data},
    )


def _of_text(reader: Reader, name: str) -> Mapping[str, MeasureVersions]:
    reader.only("status", "validity", "requirements", "inherits", "grades")
    read_period(reader)
    note_status(reader, name)
    read_requirements(reader)
    grades, known = reader.below("grades"), [grade.id for grade in load(name).grades]
    grades.only(*known)
    measures = {grade: _listed(grades, grade) for grade in known}
    for heir in reader.below("inherits").data if "inherits" in reader.data else ():
        giver = reader.below("inherits").text(heir)
        if heir in measures and giver in measures:
            measures[heir] = measures[giver] + measures[heir]
        else:
            reader.fault("inherits", f"未知等级{heir}：{giver}", f"unknown grade {heir}: {giver}")
    return measures


def note_status(reader: Reader, name: str) -> None:
    """Records a fault if the status in the file is not the status of the legal text `name`."""
    if reader.choice("status", TextStatus) is not load(name).status:
        reader.fault("status", "与文本状态不符", "is not the status of the text")


def _listed(reader: Reader, key: str) -> MeasureVersions:
    measures = tuple(read_dated(item, _measure) for item in reader.each(key))
    for name in dict.fromkeys(version.value.id for version in measures):
        periods = [version.validity for version in measures if version.value.id == name]
        note_rivals(reader, f"{key}.{name}", periods)
    return measures


def _measure(reader: Reader) -> Measure:
    reader.only("id", "kind", "discretion", "of_permits", "zh", "en", *DATED)
    return Measure(
        id=reader.text("id"),
        kind=reader.choice("kind", MeasureKind),
        discretion=reader.choice("discretion", Discretion),
        cite=reader.text("cite"),
        zh=reader.text("zh"),
        en=reader.text("en"),
        of_permits=reader.flag("of_permits", False),
    )


def _use(reader: Reader) -> Use:
    reader.only("id", "by", "zh", "en", *DATED)
    return Use(
        id=reader.text("id"),
        by=reader.choice("by", Actor),
        cite=reader.text("cite"),
        zh=reader.text("zh"),
        en=reader.text("en"),
    )


def read_sampling(reader: Reader) -> SamplingTable:
    """Reads `sampling.yaml`: the share or the direction of inspection for each class in a text."""
    read_header(reader, "rulesets")
    texts = reader.below("rulesets")
    note_each(texts, GRADING)
    return {name: _shares(texts.below(name), name) for name in GRADING if name in texts.data}


def _shares(reader: Reader, name: str) -> Mapping[str, tuple[Version[Sampling], ...]]:
    reader.only("requirements", "classes", "principle_zh", "principle_en")
    read_requirements(reader)
    principle = reader.text("principle_zh"), reader.text("principle_en")
    classes = reader.below("classes")
    classes.only(*(grade.id for grade in load(name).grades))
    return {
        one: read_figure(classes, one, lambda item: _share(item, principle)) for one in classes.data
    }


def _share(reader: Reader, principle: tuple[str, str]) -> Sampling:
    reader.only("at_least_percent", "direction", *DATED)
    percent = reader.whole_or_none("at_least_percent", least=0)
    if percent is not None and percent > 100:
        reader.fault("at_least_percent", "不得大于100", "must be at most 100")
    direction = reader.choice("direction", Direction)
    return Sampling(percent, direction.value, reader.text("cite"), *principle)


def of_text(table: Mapping[str, T], ruleset_id: str) -> T:
    """Returns the entry of a table for a ruleset. Raises NotFound for an unknown ruleset."""
    entry = table.get(ruleset_id)
    if entry is None:
        raise NotFound(f"没有规则集“{ruleset_id}”", f"there is no ruleset {ruleset_id!r}")
    return entry

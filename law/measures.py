"""What follows from a grade: incentives, restrictions, and the share inspected at random.

R-157…R-161, R-138. Measures inform the official who decides; none applies itself (C-23).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from law.colours import Colour
from law.errors import InvalidInput, NotFound
from law.packaged import read


class MeasureKind(StrEnum):
    """Whether it favours or burdens the subject."""

    INCENTIVE = "incentive"
    RESTRICTION = "restriction"


class Discretion(StrEnum):
    """Whether the text orders the measure or allows it (可以)."""

    SHALL = "shall"
    MAY = "may"


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure a text attaches to a grade, with its article."""

    id: str
    kind: MeasureKind
    discretion: Discretion
    cite: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Sampling:
    """The least share of a class to be inspected in a year, in percent; None: the text has none.

    `direction` says whether the class is to be inspected `more` or `less` often than others.
    """

    at_least_percent: int | None
    direction: str
    cite: str
    principle: str


def _of(data: str, ruleset_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = read(data)["rulesets"].get(ruleset_id)
    if found is None:
        raise NotFound(f"没有规则集“{ruleset_id}”", f"there is no ruleset {ruleset_id!r}")
    return found


def measures(ruleset_id: str, grade: str) -> tuple[Measure, ...]:
    """The measures a text attaches to a grade, inherited ones first (S3 25: E has all of D).

    Empty where it attaches none, as S4 to grade D (C-09). Raises NotFound for an
    unknown ruleset or grade.
    """
    data = _of("measures", ruleset_id)
    if grade not in data["grades"]:
        raise NotFound(f"没有等级“{grade}”", f"{ruleset_id} has no grade {grade!r}")
    inherited = data.get("inherits", {}).get(grade)
    own = tuple(_measure(entry) for entry in data["grades"][grade])
    return (measures(ruleset_id, inherited) if inherited else ()) + own


def alert_measures(colour: Colour) -> tuple[Measure, ...]:
    """What may follow an alert of that colour: S4 四(二) for red, nothing for the others."""
    return tuple(_measure(entry) for entry in read("measures")["alerts"].get(colour, ()))


def _measure(entry: Mapping[str, str]) -> Measure:
    return Measure(
        id=entry["id"],
        kind=MeasureKind(entry["kind"]),
        discretion=Discretion(entry["discretion"]),
        cite=entry["cite"],
        zh=entry["zh"],
        en=entry["en"],
    )


def sampling(ruleset_id: str, grade: str) -> Sampling | None:
    """The share of a class to be inspected at random (R-138); None where the text is silent."""
    data = _of("sampling", ruleset_id)
    entry = data["classes"].get(grade)
    if entry is None:
        return None
    percent, direction = entry["at_least_percent"], entry["direction"]
    return Sampling(percent, direction, entry["cite"], data["principle"])


def sample_size(population: int, at_least_percent: int) -> int:
    """How many of a class must be drawn so that the share is not less: rounded up (不低于).

    Raises InvalidInput for a negative population or a share outside 0 to 100.
    """
    if population < 0 or not 0 <= at_least_percent <= 100:
        raise InvalidInput("抽查总数或比例不符合要求", "the population or the share is not valid")
    return -(-population * at_least_percent // 100)

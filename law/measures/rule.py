"""The consequences of a grade: incentives, restrictions, and the share of random inspections.

R-157 to R-161, R-138. A measure informs the official who decides; no measure takes effect by itself
(C-23).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeVar

from law.colours.rule import Colour
from law.errors import InvalidInput, NotFound
from law.figures import Version, in_force, not_in_force
from law.measures.data import (
    Actor,
    Direction,
    Discretion,
    Measure,
    MeasureKind,
    MeasureVersions,
    Sampling,
    Use,
    measure_table,
    of_text,
    sampling_table,
)

__all__ = [
    "Actor",
    "Direction",
    "Discretion",
    "Measure",
    "MeasureKind",
    "Sampling",
    "Use",
    "alert_measures",
    "measure_versions",
    "measures",
    "sample_size",
    "sampling",
    "uses",
]

T = TypeVar("T")


def measures(ruleset_id: str, grade: str, on: date) -> tuple[Measure, ...]:
    """Returns the measures that a text attaches to a grade on a day, inherited ones first.

    S3 25: grade E inherits the measures of D. Empty where the text attaches none, as S4 to grade D
    (C-09). Raises NotFound for an unknown ruleset or grade, NotInForce for a day on which none of
    its measures holds.
    """
    what = f"{ruleset_id} {grade}"
    return _holding(
        measure_versions(ruleset_id, grade), on, (f"{what}的措施", f"measures of {what}")
    )


def measure_versions(ruleset_id: str, grade: str) -> MeasureVersions:
    """Returns all versions of the measures of a grade, past and future.

    Raises NotFound for an unknown ruleset or grade.
    """
    grades = of_text(measure_table().grades, ruleset_id)
    if grade not in grades:
        raise NotFound(f"没有等级“{grade}”", f"{ruleset_id} has no grade {grade!r}")
    return grades[grade]


def uses(ruleset_id: str, on: date) -> tuple[Use, ...]:
    """Returns the kinds of work in which a grade under a text is considered on a day.

    S3 22, 26; S1 16. A use informs the person who decides and binds nobody (C-22, C-23). Empty
    where the text names no use. Raises NotFound for an unknown ruleset, NotInForce for a day on
    which none of its uses holds.
    """
    of_text(measure_table().grades, ruleset_id)
    versions = measure_table().uses.get(ruleset_id, ())
    return _holding(versions, on, (f"{ruleset_id}等级的应用", f"uses of grades by {ruleset_id}"))


def alert_measures(colour: Colour, on: date) -> tuple[Measure, ...]:
    """Returns the measures that may follow an alert of a colour on a day.

    S4 四(二) for red; empty for other colours. Raises NotInForce for a day before the article.
    """
    versions = measure_table().alerts.get(colour, ())
    return _holding(versions, on, (f"{colour}预警的措施", f"measures after {colour}"))


def _holding(versions: Sequence[Version[T]], on: date, what: tuple[str, str]) -> tuple[T, ...]:
    """The versions that hold on a day. Raises NotInForce where all of them have other days."""
    holding = tuple(version.value for version in versions if version.validity.holds(on))
    if versions and not holding:
        raise not_in_force(on, *what, (version.cite for version in versions))
    return holding


def sampling(ruleset_id: str, grade: str, on: date) -> Sampling | None:
    """Returns the share of a class to be inspected at random in the year of a day (R-138).

    None where the text has no rule for the class. Raises NotFound for an unknown ruleset,
    NotInForce for a day on which no share of the class holds.
    """
    versions = of_text(sampling_table(), ruleset_id).get(grade)
    if versions is None:
        return None
    return in_force(versions, on, f"{ruleset_id} {grade}的抽查比例", f"the share of {grade}")


def sample_size(population: int, at_least_percent: int) -> int:
    """Returns how many subjects of a class must be drawn, rounded up (不低于).

    `population` is the size of the class and `at_least_percent` the least share. Raises
    InvalidInput for a negative population or a share outside 0 to 100 percent.
    """
    if population < 0 or not 0 <= at_least_percent <= 100:
        raise InvalidInput("抽查总数或比例不符合要求", "the population or the share is not valid")
    return -(-population * at_least_percent // 100)

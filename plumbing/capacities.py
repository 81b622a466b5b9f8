"""How many instruments an institution says that it completes on a working day, and from when on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True)
class Figure:
    """How many instruments of some types together are completed on a working day, from a day on.

    Of several for a type, the one with the latest first day holds; 0 means that none is stated.
    """

    type_codes: frozenset[str]
    per_day: int
    from_on: date


def in_force(
    codes: Collection[str], day: date, figures: Collection[Figure]
) -> Mapping[Figure, Sequence[str]]:
    """Returns the figures that hold on a day for these types, each with all that it holds for."""
    found = {holding(code, day, figures) for code in codes} - {None}
    return {
        one: [code for code in sorted(one.type_codes) if holding(code, day, figures) == one]
        for one in sorted(filter(None, found), key=lambda figure: figure.from_on)
    }


def holding(code: str, day: date, figures: Collection[Figure]) -> Figure | None:
    """Returns the figure that holds on a day for a type; None if none was stated by then."""
    of_type = (one for one in figures if code in one.type_codes and one.from_on <= day)
    return max(of_type, key=lambda one: one.from_on, default=None)

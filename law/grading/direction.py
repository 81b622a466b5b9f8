"""Whether a grade under one text is better or worse than a grade under another text."""

from __future__ import annotations

from enum import StrEnum

from law.texts_in_force.model import Ruleset


class Direction(StrEnum):
    """The direction of a change of grade."""

    UP = "up"
    DOWN = "down"
    SAME = "same"
    INCOMPARABLE = "incomparable"


def direction(before: Ruleset, first: str, after: Ruleset, second: str) -> Direction:
    """Compares grade `first` of the text `before` with grade `second` of the text `after`.

    Only grades of one scale can be compared: both texts must have the same grades in the same
    order. Raises ValueError for a grade that its text does not have.
    """
    ranks = before.rank(first), after.rank(second)
    if _scale(before) != _scale(after):
        return Direction.INCOMPARABLE
    if ranks[0] == ranks[1]:
        return Direction.SAME
    return Direction.UP if ranks[1] < ranks[0] else Direction.DOWN


def _scale(text: Ruleset) -> list[str]:
    return [grade.id for grade in text.grades]

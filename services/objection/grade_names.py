"""What letters and notices call a grade: the name that its text gives it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from law.texts_in_force.load import list_rulesets


def grade_zh(grade: str) -> str:
    """Returns the Chinese name of a grade, such as 三类; the letters A to E are names themselves.

    An id is the same grade in every text that has it.
    """
    return grade if len(grade) == 1 and grade.isalpha() else _titles().get(grade, grade)


@cache
def _titles() -> Mapping[str, str]:
    return {grade.id: grade.title_zh for ruleset in list_rulesets() for grade in ruleset.grades}

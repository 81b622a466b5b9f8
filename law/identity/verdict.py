"""What may be said of two things of the register: same, different, or perhaps the same."""

from __future__ import annotations

from enum import StrEnum


class Verdict(StrEnum):
    """Whether two things are one. PERHAPS is for a person: a rule merges or hides nothing then."""

    SAME = "same"
    DIFFERENT = "different"
    PERHAPS = "perhaps"

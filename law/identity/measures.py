"""The identity of what is written of an instrument besides: its owner's number, range and class."""

from __future__ import annotations

import re
from functools import lru_cache

from law.identity.folding import REMEMBERED, folded

_NUMBER = r"\+?(-?\d+(?:\.\d+)?)"
# 0-30kg, with the sign of a range in whatever writing, and the unit at both ends or at the last.
_RANGE = re.compile(rf"{_NUMBER}([^\d~]*?)[~∼〜∽至到-]{_NUMBER}([^\d~]*)")
_WITHOUT_BRACKETS = str.maketrans("", "", "()")


@lru_cache(REMEMBERED)
def measure_key(text: str) -> str:
    """Returns a measuring range or an accuracy class so that all writings of it are the same.

    Brackets are left out, and the unit after the lower end of a range, if the upper end has the
    same: (0~30) kg, 0-30kg and 0kg～30kg are one. So is the word 级 after a class: 0.5 and 0.5级.
    """
    plain = folded(text).translate(_WITHOUT_BRACKETS)
    if len(plain) > 1:
        plain = plain.removesuffix("级")
    found = _RANGE.fullmatch(plain)
    if not found or found[2] not in ("", found[4]):
        return plain
    return f"{found[1]}~{found[3]}{found[4]}"


def same_detail(name: str, one: str, other: str) -> bool:
    """Returns whether two values of owner_no, measuring_range or accuracy_class are the same."""
    key = folded if name == "owner_no" else measure_key
    return key(one) == key(other)

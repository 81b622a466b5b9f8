"""The identity of instruments: owner, type, serial number, and model where it is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeVar

from law.identity.folding import REMEMBERED, folded, is_no_number, letters
from law.identity.verdict import Verdict

Row = TypeVar("Row", bound=Mapping[str, Any])
_NUMBER_SIGN = re.compile("^(no[:.]|(?:编号|出厂编号|序列号):?)(?=[0-9a-z])")


@lru_cache(REMEMBERED)
def serial_key(number: str) -> str:
    """Returns the serial number of an instrument so that all writings of it are the same.

    A sign for "number" before it (№, No., 编号) is left out; zeros are not, since nothing tells
    what they are. The result is empty for what says that there is no number.
    """
    plain = _NUMBER_SIGN.sub("", folded(number))
    return "" if is_no_number(plain) else plain


def may_be_one_model(one: str, other: str) -> bool:
    """Returns whether two models may be one: written alike, or one of them is not known."""
    return not one or not other or letters(one) == letters(other)


def of_model(model: str, rows: Iterable[Row]) -> list[Row]:
    """Returns the rows that may have a model; only those that have it, if any has it."""
    fitting = [row for row in rows if may_be_one_model(model, row["model"])]
    if len(fitting) < 2:
        return fitting
    exact = [row for row in fitting if letters(model) == letters(row["model"])]
    return exact or fitting


def compare_instruments(one: Mapping[str, Any], other: Mapping[str, Any]) -> Verdict:
    """Compares two instruments by `subject_id`, `type_code`, `serial_no` and `model`.

    One number with two models may be a slip of the pen, so it is PERHAPS one instrument. Without a
    number two instruments are never known to be one, and differ if their models do.
    """
    places = [
        (row["subject_id"], row["type_code"], serial_key(row["serial_no"])) for row in (one, other)
    ]
    if places[0] != places[1]:
        return Verdict.DIFFERENT
    one_model = may_be_one_model(one["model"], other["model"])
    if places[0][2]:
        return Verdict.SAME if one_model else Verdict.PERHAPS
    return Verdict.PERHAPS if one_model else Verdict.DIFFERENT

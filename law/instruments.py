"""The catalogue of instrument types: how each is verified, how often, and how sure we are.

CATALOGUE-2020-42; the cycles are those of the verification regulations (JJG). A value of low or
medium confidence has to be checked before a deployment relies on it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

from law.colours import Mode
from law.errors import NotFound
from law.packaged import read


class Confidence(StrEnum):
    """How sure the regulation number and the cycle of a type are."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Listed(StrEnum):
    """Whether the type is in the catalogue of 2020."""

    YES = "yes"
    LIKELY = "likely"
    UNKNOWN = "unknown"
    NO = "no"


@dataclass(frozen=True, slots=True)
class InstrumentType:
    """One type; `cycle_months` is the longest usual cycle in calendar months, None if unknown."""

    code: str
    name_zh: str
    name_en: str
    jjg: str | None
    cycle_months: int | None
    mode: Mode
    listed: Listed
    confidence: Confidence
    basis: str
    note: str

    @property
    def to_be_checked(self) -> bool:
        """Whether its values are not sure enough to rely on."""
        return self.confidence is not Confidence.HIGH


@cache
def catalogue() -> Mapping[str, InstrumentType]:
    """Every type of the packaged catalogue, by code."""
    return {t["code"]: _type(t) for t in read("instruments")["types"]}


def _type(entry: Mapping[str, Any]) -> InstrumentType:
    typed = {
        "mode": Mode(entry["mode"]),
        "listed": Listed(entry["listed"]),
        "confidence": Confidence(entry["confidence"]),
    }
    return InstrumentType(**{**entry, **typed})


def instrument_type(code: str) -> InstrumentType:
    """The type of that code. Raises NotFound."""
    found = catalogue().get(code)
    if found is None:
        raise NotFound(f"没有器具类型“{code}”", f"there is no instrument type {code!r}")
    return found

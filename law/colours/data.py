"""The data of the three-colour alerts: the months of each warning, and the reasons for a colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from law.figures import Version
from law.reader.ambiguities import read_readings
from law.reader.data_file import DATED, note_each, read_figure, read_header, read_requirements
from law.reader.packaged import understood
from law.reader.strict_reader import Reader


class Early(StrEnum):
    """The two warning colours, which begin before the last valid day."""

    GREEN = "green"
    YELLOW = "yellow"


class Reason(StrEnum):
    """The reason why an instrument is red, or has no colour, when neither warning applies."""

    OVERDUE = "overdue"
    REJECTED = "rejected"
    REPAIRED = "repaired"
    UNVERIFIED = "unverified"
    VALID = "valid"
    OUT_OF_USE = "out_of_use"
    FIRST_ONLY = "first_only"
    NOT_VERIFIED = "not_verified"
    NOT_COMPULSORY = "not_compulsory"


RED = (Reason.OVERDUE, Reason.REJECTED, Reason.REPAIRED, Reason.UNVERIFIED)
NONE = (
    *(Reason.VALID, Reason.OUT_OF_USE, Reason.FIRST_ONLY, Reason.NOT_VERIFIED),
    Reason.NOT_COMPULSORY,
)


@dataclass(frozen=True, slots=True)
class Ground:
    """The legal ground of a colour: its article and its wording.

    `months` is how many calendar months before the last valid day a warning begins; 0 if the colour
    does not follow from a date.
    """

    cite: str
    name_zh: str
    name_en: str
    months: int = 0


@dataclass(frozen=True, slots=True)
class ColourRules:
    """All versions of the two warnings and of the reasons for red or for no colour."""

    warnings: Mapping[str, tuple[Version[Ground], ...]]
    reasons: Mapping[str, tuple[Version[Ground], ...]]


@cache
def colour_rules() -> ColourRules:
    """Returns the packaged rules of the three-colour alerts."""
    return understood("colours", read_colours)


def read_colours(reader: Reader) -> ColourRules:
    """Reads `colours.yaml`: the warnings green and yellow, and every reason for red or no colour.

    A yellow warning that does not begin later than green is a fault (C-19).
    """
    read_header(reader, "requirements", "months_before", "red", "none", "ambiguities")
    read_requirements(reader)
    read_readings(reader)
    warnings = reader.below("months_before")
    note_each(warnings, Early)
    figures = {name.value: _figure(warnings, name, _warning) for name in Early}
    _note_order(warnings, figures)
    reds, nones = reader.below("red"), reader.below("none")
    note_each(reds, RED)
    note_each(nones, NONE)
    reasons = {name.value: _figure(reds, name, _reason) for name in RED}
    reasons |= {name.value: _figure(nones, name, _reason) for name in NONE}
    return ColourRules(figures, reasons)


def _figure(
    reader: Reader, key: str, read: Callable[[Reader], Ground]
) -> tuple[Version[Ground], ...]:
    return read_figure(reader, key, read) if key in reader.data else ()


def _warning(reader: Reader) -> Ground:
    reader.only("months", "name_zh", "name_en", *DATED)
    months = reader.whole("months", least=1)
    return Ground(reader.text("cite"), reader.text("name_zh"), reader.text("name_en"), months)


def _reason(reader: Reader) -> Ground:
    reader.only("name_zh", "name_en", *DATED)
    return Ground(reader.text("cite"), reader.text("name_zh"), reader.text("name_en"))


def _note_order(reader: Reader, figures: Mapping[str, tuple[Version[Ground], ...]]) -> None:
    """Notes a fault where yellow does not begin later than the green of the same days (C-19)."""
    for green in figures[Early.GREEN]:
        for yellow in figures[Early.YELLOW]:
            meet = green.validity.meets(yellow.validity)
            if meet and yellow.value.months >= green.value.months:
                reader.fault("yellow.months", "应短于绿色", "must be fewer than green", cite="C-19")

"""The data of credit repair: the conditions of each legal text, each with its article and days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from law.evidence import RecordKind, Severity
from law.figures import Version
from law.measures.data import note_status
from law.reader.ambiguities import read_readings
from law.reader.data_file import (
    DATED,
    note_each,
    note_rivals,
    read_cite,
    read_dated,
    read_figure,
    read_header,
    read_period,
    read_requirements,
)
from law.reader.packaged import understood
from law.reader.strict_reader import Reader
from law.terms.data import definitions
from law.texts_in_force.load import GRADING, load


class DemandType(StrEnum):
    """The kinds of conditions for a repair: a wait, a confirmed fact, or no new record."""

    AFTER_YEARS = "after_years"  # a wait of years from the first day at the grade
    FACT = "fact"  # a fact that the bureau confirms
    NO_NEW = "no_new"  # no such record since the first day at the grade


@dataclass(frozen=True, slots=True)
class Barring:
    """A kind of record that prevents a repair if it is new.

    It applies on the days on which its condition holds. With `final`, only a final record prevents
    the repair; with a severity, only a record of that severity.
    """

    kind: RecordKind
    final: bool
    severity: Severity | None


@dataclass(frozen=True, slots=True)
class Demand:
    """One condition for a repair.

    `years` is the wait in calendar years. A new record prevents the repair if `barring` lists it,
    or, with `same_kind`, if it has the same kind as a record to be repaired.
    """

    id: str
    type: DemandType
    cite: str
    zh: str
    en: str
    years: int = 0
    same_kind: bool = False
    barring: tuple[Barring, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why a legal text provides no repair on application, with its article."""

    cite: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RepairRules:
    """The conditions for a repair under one text: for certain grades, and for any adverse record.

    `refusal` is the reason if the text provides no repair on application.
    """

    grades: Mapping[str, tuple[Version[Demand], ...]]
    any_adverse: tuple[Version[Demand], ...]
    refusal: tuple[Version[Refusal], ...]


@cache
def repair_rules() -> Mapping[str, RepairRules]:
    """Returns the packaged conditions for a repair, by legal text."""
    return understood("repair", read_repair)


def read_repair(reader: Reader) -> Mapping[str, RepairRules]:
    """Reads `repair.yaml`: for each grading text the conditions of repair, or the refusal."""
    read_header(reader, "term", "rulesets", "ambiguities")
    if reader.text("term") not in {term.id for term in definitions()}:
        reader.fault("term", "没有该期限", "there is no such term")
    read_readings(reader)
    texts = reader.below("rulesets")
    note_each(texts, GRADING)
    return {name: _of_text(texts.below(name), name) for name in GRADING if name in texts.data}


def _of_text(reader: Reader, name: str) -> RepairRules:
    reader.only("status", "validity", "requirements", "grades", "any_adverse", "none")
    read_period(reader)
    note_status(reader, name)
    read_requirements(reader)
    if "none" in reader.data:
        return RepairRules({}, (), read_figure(reader, "none", _refusal))
    grades = reader.below("grades")
    grades.only(*(grade.id for grade in load(name).grades))
    demands = {grade: _demands(grades, grade) for grade in grades.data}
    return RepairRules(demands, _demands(reader, "any_adverse"), ())


def _refusal(reader: Reader) -> Refusal:
    reader.only("zh", "en", *DATED)
    return Refusal(reader.text("cite"), reader.text("zh"), reader.text("en"))


def _demands(reader: Reader, key: str) -> tuple[Version[Demand], ...]:
    demands = tuple(read_dated(item, _demand) for item in reader.each(key))
    for name in dict.fromkeys(demand.value.id for demand in demands):
        periods = [demand.validity for demand in demands if demand.value.id == name]
        note_rivals(reader, f"{key}.{name}", periods)
    return demands


def _demand(reader: Reader) -> Demand:
    reader.only("id", "type", "years", "same_kind", "kinds", "zh", "en", *DATED)
    kind = reader.choice("type", DemandType)
    for key, owner in (("years", DemandType.AFTER_YEARS), ("same_kind", DemandType.NO_NEW)):
        if (key in reader.data) != (kind is owner):
            reader.fault(key, "与type不符", f"belongs to the type {owner} only")
    same_kind = reader.flag("same_kind", False)
    if ("kinds" in reader.data) != (kind is DemandType.NO_NEW and not same_kind):
        reader.fault("kinds", "与same_kind不符", "belongs to no_new that is not of the same kind")
    return Demand(
        id=reader.text("id"),
        type=kind,
        cite=reader.text("cite"),
        zh=reader.text("zh"),
        en=reader.text("en"),
        years=reader.whole("years", least=1) if kind is DemandType.AFTER_YEARS else 0,
        same_kind=same_kind,
        barring=tuple(_barring(item) for item in reader.each("kinds", required=False)),
    )


def _barring(reader: Reader) -> Barring:
    reader.only("kind", "final", "severity", "cite")
    read_cite(reader)
    kind = reader.choice("kind", RecordKind)
    if kind.positive:
        reader.fault("kind", "守信记录不妨碍修复", "a positive record is in nobody's way")
    severity = reader.choice_or_none("severity", Severity)
    return Barring(kind, reader.flag("final", False), severity)

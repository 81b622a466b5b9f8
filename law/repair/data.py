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
    AFTER_PUBLICATION = "after_publication"  # a wait of months from each record's determination
    FACT = "fact"  # a fact that the bureau confirms
    NO_NEW = "no_new"  # no such record since the first day at the grade
    FILE = "file"  # a paper that the subject hands in


class Paper(StrEnum):
    """The papers that a text asks for with an application for repair."""

    PROMISE = "promise"  # the signed credit promise (信用修复承诺书)
    PROOF = "proof"  # proof that the duties are performed


@dataclass(frozen=True, slots=True)
class ShortestPublication:
    """The calendar months for which a record is public at least, by its severity.

    They count from its determination. A record without a severity counts as `unclassified`.
    """

    months: Mapping[Severity, int]
    unclassified: Severity

    def of(self, severity: Severity | None) -> int:
        """Returns the months for a record of a severity, or of none."""
        return self.months[severity or self.unclassified]


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

    `years` is the wait in calendar years, `publication` the wait of each record, `paper` what is
    handed in. A new record prevents the repair if `barring` lists it, or, with `same_kind`, if it
    has the same kind as a record to be repaired.
    """

    id: str
    type: DemandType
    cite: str
    zh: str
    en: str
    years: int = 0
    publication: ShortestPublication | None = None
    paper: Paper | None = None
    same_kind: bool = False
    barring: tuple[Barring, ...] = ()

    @property
    def waits(self) -> bool:
        """Whether the condition is met by waiting."""
        return self.type in (DemandType.AFTER_YEARS, DemandType.AFTER_PUBLICATION)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The reason why a legal text provides no repair on application, with its article."""

    cite: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class RepairRules:
    """The conditions for a repair under one text: for certain grades, and for any adverse record.

    `national` are the conditions that hold beside its own while it is in force. `refusal` is the
    reason if the text provides no repair on application.
    """

    grades: Mapping[str, tuple[Version[Demand], ...]]
    any_adverse: tuple[Version[Demand], ...]
    refusal: tuple[Version[Refusal], ...]
    national: tuple[Version[Demand], ...] = ()


# The fields that belong to one type of condition.
_OF_TYPE = {
    "years": DemandType.AFTER_YEARS,
    "months": DemandType.AFTER_PUBLICATION,
    "unclassified": DemandType.AFTER_PUBLICATION,
    "paper": DemandType.FILE,
    "same_kind": DemandType.NO_NEW,
}


@cache
def repair_rules() -> Mapping[str, RepairRules]:
    """Returns the packaged conditions for a repair, by legal text."""
    return understood("repair", read_repair)


def read_repair(reader: Reader) -> Mapping[str, RepairRules]:
    """Reads `repair.yaml`: for each grading text the conditions of repair, or the refusal.

    The national conditions stand beside those of every text that provides repair.
    """
    read_header(reader, "term", "national", "national_source", "rulesets", "ambiguities")
    if reader.text("term") not in {term.id for term in definitions()}:
        reader.fault("term", "没有该期限", "there is no such term")
    read_readings(reader)
    texts = reader.below("rulesets")
    note_each(texts, GRADING)
    _check_source(reader.below("national_source"))
    national = _demands(reader, "national")
    return {
        name: _of_text(texts.below(name), name, national) for name in GRADING if name in texts.data
    }


def _check_source(reader: Reader) -> None:
    reader.only("looked_at", "note_zh", "note_en")
    reader.texts("looked_at")
    reader.text("note_zh")
    reader.text("note_en")


def _of_text(reader: Reader, name: str, national: tuple[Version[Demand], ...]) -> RepairRules:
    reader.only("status", "validity", "requirements", "grades", "any_adverse", "none")
    read_period(reader)
    note_status(reader, name)
    read_requirements(reader)
    if "none" in reader.data:
        return RepairRules({}, (), read_figure(reader, "none", _refusal))
    grades = reader.below("grades")
    grades.only(*(grade.id for grade in load(name).grades))
    demands = {grade: _demands(grades, grade) for grade in grades.data}
    return RepairRules(demands, _demands(reader, "any_adverse"), (), national)


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
    reader.only("id", "type", *_OF_TYPE, "kinds", "zh", "en", *DATED)
    kind = reader.choice("type", DemandType)
    for key, owner in _OF_TYPE.items():
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
        publication=_publication(reader) if kind is DemandType.AFTER_PUBLICATION else None,
        paper=reader.choice("paper", Paper) if kind is DemandType.FILE else None,
        same_kind=same_kind,
        barring=tuple(_barring(item) for item in reader.each("kinds", required=False)),
    )


def _publication(reader: Reader) -> ShortestPublication:
    months = reader.below("months")
    note_each(months, Severity)
    return ShortestPublication(
        {
            one: months.whole(one, least=0 if one is Severity.MINOR else 1)
            for one in Severity
            if one in months.data
        },
        reader.choice("unclassified", Severity),
    )


def _barring(reader: Reader) -> Barring:
    reader.only("kind", "final", "severity", "cite")
    read_cite(reader)
    kind = reader.choice("kind", RecordKind)
    if kind.positive:
        reader.fault("kind", "守信记录不妨碍修复", "a positive record is in nobody's way")
    severity = reader.choice_or_none("severity", Severity)
    return Barring(kind, reader.flag("final", False), severity)

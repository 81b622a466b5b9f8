"""Jurisdictions: which ruleset governs, by bureau, sector and day; and norms adopted there."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date

from law.errors import Fault
from law.evidence import Sector
from law.reading import Reader, refuse
from law.rules import NotGraded, Ruleset
from law.ruleset_file import load_yaml
from law.texts import is_citation


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table: where, for whom and when a ruleset governs, or why none does."""

    id: str
    divisions: tuple[str, ...]  # prefixes of division codes
    bureaus: tuple[str, ...]  # ids of bureaus without a code
    sectors: frozenset[Sector]  # empty: every sector
    ruleset: str
    not_graded: NotGraded | None
    valid_from: date | None
    valid_to: date | None
    cite: str

    def fits(self, bureau: str, sector: str, on: date) -> bool:
        """Tell whether this line speaks of the bureau, the sector and the day."""
        after = self.valid_from is None or self.valid_from <= on
        before = self.valid_to is None or on <= self.valid_to
        return after and before and self._covers(bureau) and self._reaches(sector)

    def _covers(self, bureau: str) -> bool:
        return bureau in self.bureaus or any(bureau.startswith(code) for code in self.divisions)

    def _reaches(self, sector: str) -> bool:
        return not self.sectors or sector in self.sectors


@dataclass(frozen=True, slots=True)
class Norm:
    """A figure a deployment borrows from a text that does not bind it: an adopted norm (D-08)."""

    jurisdiction: str
    matter: str
    cite: str
    note: str


@dataclass(frozen=True, slots=True)
class Jurisdictions:
    """The table of jurisdictions; its first fitting entry decides."""

    entries: tuple[Entry, ...]
    norms: tuple[Norm, ...]

    def find(self, bureau: str, sector: str, on: date) -> Entry | NotGraded:
        """Find the entry for a bureau, a sector and a day, or say why nobody is graded there."""
        for entry in self.entries:
            if entry.fits(bureau, sector, on):
                return entry.not_graded or entry
        return NotGraded(
            "no_ruleset",
            "该日没有适用于此机关和领域的规则",
            "No ruleset governs this bureau and sector on that day.",
            "D-08",
        )


def parse_jurisdictions(source: str, rulesets: Mapping[str, Ruleset]) -> Jurisdictions:
    """Read the table from YAML, or refuse it with every fault."""
    faults: list[Fault] = []
    reader = Reader(load_yaml(source, "jurisdictions"), "", faults)
    reader.only("entries", "norms")
    entries = tuple(_entry(item, rulesets) for item in reader.each("entries"))
    known = {entry.id for entry in entries}
    table = Jurisdictions(entries, tuple(_norm(item, known) for item in reader.each("norms")))
    refuse(faults, "辖区表不符合要求", "The table of jurisdictions is not valid.")
    return table


def _entry(reader: Reader, rulesets: Mapping[str, Ruleset]) -> Entry:
    reader.only(
        "id", "divisions", "bureaus", "sectors", "ruleset", "not_graded",
        "valid_from", "valid_to", "cite",
    )  # fmt: skip
    entry = Entry(
        id=reader.text("id"),
        divisions=reader.texts("divisions"),
        bureaus=reader.texts("bureaus"),
        sectors=frozenset(reader.choices("sectors", Sector)),
        ruleset=reader.text("ruleset", ""),
        not_graded=_not_graded(reader),
        valid_from=reader.day_or_none("valid_from"),
        valid_to=reader.day_or_none("valid_to"),
        cite=_cited(reader),
    )
    if entry.not_graded is None:
        _check_ruleset_lasts(reader, entry, rulesets)
    return entry


def _check_ruleset_lasts(reader: Reader, entry: Entry, rulesets: Mapping[str, Ruleset]) -> None:
    """An entry must name a ruleset that holds as long as the entry does: none is revived."""
    ruleset = rulesets.get(entry.ruleset)
    if ruleset is None:
        reader.fault("ruleset", "未知规则集", f"unknown ruleset {entry.ruleset}")
        return
    if (entry.valid_from or date.min) < (ruleset.valid_from or date.min):
        reader.fault("valid_from", "早于规则集生效日", f"is before {ruleset.id} holds")
    if (entry.valid_to or date.max) > (ruleset.valid_to or date.max):
        reader.fault("valid_to", "规则集已先失效", f"{ruleset.id} has ended before", cite="D-08")


def _not_graded(reader: Reader) -> NotGraded | None:
    if reader.data.get("not_graded") is None:
        return None
    below = reader.below("not_graded")
    below.only("reason_zh", "reason_en")
    return NotGraded(
        "outside_sectors", below.text("reason_zh"), below.text("reason_en"), reader.text("cite", "")
    )


def _norm(reader: Reader, entries: Container[str]) -> Norm:
    reader.only("jurisdiction", "matter", "cite", "note")
    jurisdiction = reader.text("jurisdiction")
    if jurisdiction not in entries:
        reader.fault("jurisdiction", "未知辖区", f"unknown entry {jurisdiction}")
    return Norm(jurisdiction, reader.text("matter"), _cited(reader), reader.text("note", ""))


def _cited(reader: Reader) -> str:
    cite = reader.text("cite")
    if cite and not is_citation(cite):
        reader.fault("cite", f"引用不明：{cite}", f"cites no known text: {cite}")
    return cite

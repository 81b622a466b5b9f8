"""The table of jurisdictions: which ruleset governs where and when, and the adopted norms."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date

from law.evidence import Sector
from law.figures import Validity
from law.reader.ambiguities import read_readings
from law.reader.data_file import DATED, read_cite, read_header, read_validity
from law.reader.strict_reader import Reader
from law.texts_in_force.model import NotGraded, Ruleset


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the table: the bureaus, sectors and days for which a ruleset governs.

    `not_graded` is the reason where no ruleset governs; otherwise it is None.
    """

    id: str
    divisions: tuple[str, ...]  # prefixes of division codes
    bureaus: tuple[str, ...]  # ids of bureaus without a code
    sectors: frozenset[Sector]  # empty: every sector
    ruleset: str
    not_graded: NotGraded | None
    validity: Validity
    cite: str

    @property
    def valid_from(self) -> date | None:
        """The first day on which this entry applies; None if it applies to all earlier days."""
        return self.validity.valid_from

    @property
    def valid_to(self) -> date | None:
        """The last day on which this entry applies, inclusive; None if it has no end."""
        return self.validity.valid_to

    def fits(self, bureau: str, sector: str, on: date) -> bool:
        """Returns whether this entry applies to the bureau and the sector on the day."""
        return self.validity.holds(on) and self._covers(bureau) and self._reaches(sector)

    def _covers(self, bureau: str) -> bool:
        return bureau in self.bureaus or any(bureau.startswith(code) for code in self.divisions)

    def _reaches(self, sector: str) -> bool:
        return not self.sectors or sector in self.sectors


@dataclass(frozen=True, slots=True)
class Norm:
    """An adopted norm: a figure borrowed from a text that does not bind the deployment (D-08)."""

    jurisdiction: str
    matter: str
    cite: str
    note_zh: str
    note_en: str
    validity: Validity


@dataclass(frozen=True, slots=True)
class Jurisdictions:
    """The table of jurisdictions. The first entry that applies decides."""

    entries: tuple[Entry, ...]
    norms: tuple[Norm, ...]

    def find(self, bureau: str, sector: str, on: date) -> Entry | NotGraded:
        """Returns the entry for a bureau, a sector and a day, or the reason why there is none."""
        for entry in self.entries:
            if entry.fits(bureau, sector, on):
                return entry.not_graded or entry
        return NotGraded(
            "no_ruleset",
            "该日没有适用于此机关和领域的规则",
            "No ruleset governs this bureau and sector on that day.",
            "D-08",
        )


def read_jurisdictions(reader: Reader, rulesets: Mapping[str, Ruleset]) -> Jurisdictions:
    """Reads `jurisdictions.yaml`: the entries and the adopted norms.

    An entry whose ruleset is unknown, or does not hold on all days of the entry, is a fault.
    """
    read_header(reader, "ambiguities", "entries", "norms")
    read_readings(reader)
    entries = tuple(_entry(item, rulesets) for item in reader.each("entries"))
    known = {entry.id for entry in entries}
    return Jurisdictions(entries, tuple(_norm(item, known) for item in reader.each("norms")))


def _entry(reader: Reader, rulesets: Mapping[str, Ruleset]) -> Entry:
    reader.only(
        "id", "divisions", "bureaus", "sectors", "ruleset", "not_graded", *DATED
    )  # fmt: skip
    validity = read_validity(reader)
    entry = Entry(
        id=reader.text("id"),
        divisions=reader.texts("divisions"),
        bureaus=reader.texts("bureaus"),
        sectors=frozenset(reader.choices("sectors", Sector)),
        ruleset=reader.text("ruleset", ""),
        not_graded=_not_graded(reader),
        validity=validity,
        cite=read_cite(reader),
    )
    if entry.not_graded is None:
        _check_ruleset_lasts(reader, entry, rulesets)
    return entry


def _check_ruleset_lasts(reader: Reader, entry: Entry, rulesets: Mapping[str, Ruleset]) -> None:
    """Notes a fault where the ruleset of an entry does not hold on all days of the entry."""
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
        "outside_sectors", below.text("reason_zh"), below.text("reason_en"), reader.text("cite")
    )


def _norm(reader: Reader, entries: Container[str]) -> Norm:
    reader.only("jurisdiction", "matter", "note_zh", "note_en", *DATED)
    jurisdiction = reader.text("jurisdiction")
    if jurisdiction not in entries:
        reader.fault("jurisdiction", "未知辖区", f"unknown entry {jurisdiction}")
    return Norm(
        jurisdiction,
        reader.text("matter"),
        read_cite(reader),
        reader.text("note_zh"),
        reader.text("note_en"),
        read_validity(reader),
    )

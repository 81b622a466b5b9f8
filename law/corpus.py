"""All data files of the law with their readers, and all readings declared in the files.

Used by the script that generates docs/law.md, by the portal's pages of the law, and by the tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from law.colours.data import read_colours
from law.courses import read_courses
from law.disclosure.data import read_disclosure
from law.escalation import read_escalation
from law.indices.data import TABLES, read_table
from law.instruments import read_catalogue, read_rotation
from law.laboratories import read_laboratories
from law.measures.attention import read_attention
from law.measures.data import read_measures, read_sampling
from law.permits import read_permits
from law.reader.ambiguities import FIELDS, note_repeats, read_reading
from law.reader.data_file import read_header, understand
from law.reader.packaged import read
from law.reader.strict_reader import Reader
from law.reminders import read_reminders
from law.repair.data import read_repair
from law.separation import read_separation
from law.terms.calendar import read_editions
from law.terms.data import read_terms
from law.texts_in_force.jurisdiction import read_jurisdictions
from law.texts_in_force.load import GRADING, list_rulesets
from law.texts_in_force.model import Reading
from law.texts_in_force.read import read_ruleset
from law.upkeep import read_upkeep


@dataclass(frozen=True, slots=True)
class DeclaredReading:
    """A reading of an ambiguous text, with the name of the data file that declares it.

    `why_zh` and `why_en` explain why the reading affects no rule; they are empty if it affects one.
    """

    file: str
    reading: Reading
    why_zh: str = ""
    why_en: str = ""


def check(name: str, document: object) -> None:
    """Checks the content of the data file `name`. Raises InvalidInput with every fault."""
    understand(document, name, READERS[name])


def declared() -> tuple[DeclaredReading, ...]:
    """Returns the readings declared in all data files, sorted by reading number and file name."""
    readings = [
        DeclaredReading(name, reading)
        for name in READERS
        if name != NO_RULE
        for reading in _readings(name)
    ] + list(understand(read(NO_RULE), NO_RULE, _read_without_rule))
    return tuple(sorted(readings, key=lambda reading: (reading.reading.id, reading.file)))


@dataclass(frozen=True, slots=True)
class CitedEntry:
    """An entry of a data file that rests on an article: its place in the file, and its content."""

    place: str
    cite: str
    content: Mapping[str, Any]


def cited(node: Any, place: str = "") -> Iterator[CitedEntry]:
    """Yields every entry with an article in the content of a data file, from the top down."""
    if isinstance(node, Mapping):
        if isinstance(node.get("cite"), str):
            yield CitedEntry(place, node["cite"], node)
        for key, below in node.items():
            yield from cited(below, f"{place}.{key}" if place else str(key))
    elif isinstance(node, list):
        for number, below in enumerate(node):
            yield from cited(below, f"{place}/{_name(below, number)}")


def _name(node: Any, number: int) -> str:
    named = (str(node[key]) for key in _NAMES if isinstance(node, Mapping) and key in node)
    return next(named, str(number))


def articles(cite: str) -> list[str]:
    """Returns the articles of a citation, without the project's own numbers such as C-19."""
    parts = (part.strip() for part in cite.split(";"))
    return [part for part in parts if not _OWN.fullmatch(part)]


def _readings(name: str) -> list[Reading]:
    return understand(
        {"ambiguities": read(name).get("ambiguities", [])},
        name,
        lambda reader: [read_reading(item) for item in reader.each("ambiguities")],
    )


def _read_without_rule(reader: Reader) -> tuple[DeclaredReading, ...]:
    """Reads `readings.yaml`: ambiguities that touch no rule, each with why."""
    read_header(reader, "ambiguities")
    readings = tuple(_without_rule(item) for item in reader.each("ambiguities"))
    note_repeats(reader, [declared.reading for declared in readings])
    return readings


def _without_rule(reader: Reader) -> DeclaredReading:
    reader.only(*FIELDS, "why_zh", "why_en")
    return DeclaredReading(
        NO_RULE, read_reading(reader), reader.text("why_zh"), reader.text("why_en")
    )


def _jurisdictions(reader: Reader) -> object:
    return read_jurisdictions(reader, {ruleset.id: ruleset for ruleset in list_rulesets()})


_NAMES = ("id", "key", "kind", "colour", "severity", "grade")
_OWN = re.compile(r"[CRD]-\d+")
NO_RULE = "readings"
READERS: Mapping[str, Callable[[Reader], object]] = {
    # These are only checked, so the hash is left empty.
    **dict.fromkeys(GRADING, lambda reader: read_ruleset(reader, "")),
    **dict.fromkeys(TABLES, lambda reader: read_table(reader, "")),
    "attention": read_attention,
    "colours": read_colours,
    "courses": read_courses,
    "disclosure": read_disclosure,
    "escalation": read_escalation,
    "instruments": lambda reader: (read_catalogue(reader), read_rotation(reader)),
    "jurisdictions": _jurisdictions,
    "laboratories": read_laboratories,
    "measures": read_measures,
    "permits": read_permits,
    NO_RULE: _read_without_rule,
    "reminders": read_reminders,
    "repair": read_repair,
    "sampling": read_sampling,
    "separation": read_separation,
    "terms": read_terms,
    "upkeep": read_upkeep,
    "workdays": read_editions,
}

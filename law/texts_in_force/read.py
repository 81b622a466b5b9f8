"""Reads a ruleset file, or rejects it with all its faults.

Faults are, for example: a figure without a citation or without its days, an unknown or missing
kind, points that are not whole, bands with a gap or an overlap, an unknown grade, and a figure that
ends before the text does (D-08).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from law.evidence import RecordStatus, Sector, SubjectKind
from law.reader.ambiguities import FIELDS, note_repeats, read_reading
from law.reader.data_file import canonical_hash, read_cite, read_period, understand
from law.reader.strict_reader import Reader
from law.reader.texts import TEXTS, TextStatus, is_citation
from law.texts_in_force.editions import Figures
from law.texts_in_force.model import Ambiguity, Requirement, Ruleset

E = TypeVar("E", bound=StrEnum)

_ACTIVE = RecordStatus.ACTIVE

_HEADER = (
    "id", "version", "text", "title_zh", "title_en", "validity", "method", "grades", "subjects",
    "sectors", "window", "base", "bands", "kinds", "direct", "movements", "triggers", "good",
    "ended", "required", "ambiguities",
)  # fmt: skip


def parse(document: object, name: str) -> Ruleset:
    """Reads a ruleset from the loaded content of its file.

    Raises InvalidInput with every fault; `name` is the name of the file in the error message.
    """
    return understand(document, name, lambda reader: read_ruleset(reader, canonical_hash(document)))


def read_ruleset(reader: Reader, content_hash: str) -> Ruleset:
    """Reads a ruleset: header, editions, articles by which a record ends, and readings.

    `content_hash` is the hash of the file. Faults are recorded in the reader.
    """
    reader.only(*_HEADER)
    validity = read_period(reader)
    text_id = reader.text("text")
    if text_id not in TEXTS:
        reader.fault("text", "未知法规文本", f"unknown legal text {text_id}")
    subjects, sectors = reader.below("subjects"), reader.below("sectors")
    subjects.only("kinds", "cite")
    sectors.only("only", "cite")
    figures = Figures(reader, validity)
    return Ruleset(
        id=reader.text("id"),
        version=reader.text("version"),
        text=text_id,
        status=TEXTS[text_id].status if text_id in TEXTS else TextStatus.DRAFT,
        title_zh=reader.text("title_zh"),
        title_en=reader.text("title_en"),
        method=figures.method,
        valid_from=validity.valid_from,
        valid_to=validity.valid_to,
        hash=content_hash,
        example_valued=figures.example_valued,
        grades=figures.grades,
        subject_kinds=frozenset(subjects.choices("kinds", SubjectKind)),
        subject_cite=read_cite(subjects),
        sectors=frozenset(sectors.choices("only", Sector)),
        sector_cite=read_cite(sectors),
        ended=_cites(reader.below("ended"), RecordStatus, set(RecordStatus) - {_ACTIVE}),
        required=_cites(reader.below("required"), Requirement, figures.required),
        ambiguities=_ambiguities(reader),
        editions=figures.editions(),
    )


def _ambiguities(reader: Reader) -> tuple[Ambiguity, ...]:
    ambiguities = tuple(_ambiguity(item) for item in reader.each("ambiguities"))
    note_repeats(reader, [ambiguity.reading for ambiguity in ambiguities])
    return ambiguities


def _ambiguity(reader: Reader) -> Ambiguity:
    reader.only(*FIELDS, "touched_by")
    return Ambiguity(read_reading(reader), frozenset(reader.texts("touched_by")))


def _cites(reader: Reader, keys: type[E], needed: Iterable[E]) -> dict[E, str]:
    """Reads a table with a citation for each value; a missing one that is needed is a fault."""
    reader.only(*keys)
    expected = [key for key in keys if key in reader.data or key in set(needed)]
    cites = {key: reader.text(key) for key in expected}
    for key, cite in cites.items():
        if cite and not is_citation(cite):
            reader.fault(key, f"引用不明：{cite}", f"cites no known text: {cite}")
    return cites

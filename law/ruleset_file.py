"""A ruleset file: YAML → `Ruleset`, refused whole with every fault listed.

Faults: a figure without a citation or without its validity, a kind unknown or left out, points
that are no whole number, bands that overlap or leave a gap, a grade that does not exist, a
figure that ends before the text does (an ended figure never falls back, D-08).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Hashable, Iterable
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

import yaml

from law.errors import Fault
from law.evidence import RecordStatus, Sector, SubjectKind
from law.reading import Reader, refuse
from law.rules import (
    Ambiguity,
    Reading,
    Requirement,
    Ruleset,
)
from law.ruleset_figures import Figures, read_cite
from law.texts import TEXTS, TextStatus, is_citation

E = TypeVar("E", bound=StrEnum)

_ACTIVE = RecordStatus.ACTIVE

_HEADER = (
    "id", "version", "text", "title_zh", "title_en", "validity", "method", "grades", "subjects",
    "sectors", "window", "base", "bands", "kinds", "direct", "movements", "triggers", "good",
    "ended", "required", "ambiguities",
)  # fmt: skip


class _StrictLoader(yaml.SafeLoader):
    """YAML in which a key written twice is an error rather than the last one winning."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        twice = {key for key in keys if keys.count(key) > 1 and key != "<<"}
        if twice:
            raise yaml.constructor.ConstructorError(
                None, None, f"written twice: {', '.join(sorted(twice))}", node.start_mark
            )
        return super().construct_mapping(node, deep)


def parse(source: str, name: str) -> Ruleset:
    """Read a ruleset from YAML text, or refuse it with every fault; `name` is for the message."""
    document = load_yaml(source, name)
    faults: list[Fault] = []
    ruleset = _read(Reader(document, "", faults), canonical_hash(document))
    refuse(faults, f"规则集{name}不符合要求", f"The ruleset {name} is not valid.")
    return ruleset


def load_yaml(source: str, name: str) -> object:
    """Read YAML strictly: a key written twice, or no YAML at all, is a fault."""
    try:
        return yaml.load(source, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        fault = Fault("", "不是有效的YAML", f"is not valid YAML: {error}")
        refuse([fault], f"规则集{name}不符合要求", f"The ruleset {name} is not valid.")
        raise AssertionError from error  # refuse has raised


def canonical_hash(document: object) -> str:
    """Return the SHA-256 of a document as canonical JSON: layout and comments do not matter."""
    text = json.dumps(
        document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=date.isoformat
    )
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _read(reader: Reader, content_hash: str) -> Ruleset:
    reader.only(*_HEADER)
    validity = reader.below("validity")
    validity.only("valid_from", "valid_to")
    valid_from, valid_to = validity.day_or_none("valid_from"), validity.day_or_none("valid_to")
    text_id = reader.text("text")
    if text_id not in TEXTS:
        reader.fault("text", "未知法规文本", f"unknown legal text {text_id}")
    subjects, sectors = reader.below("subjects"), reader.below("sectors")
    subjects.only("kinds", "cite")
    sectors.only("only", "cite")
    figures = Figures(reader, valid_from, valid_to)
    return Ruleset(
        id=reader.text("id"),
        version=reader.text("version"),
        text=text_id,
        status=TEXTS[text_id].status if text_id in TEXTS else TextStatus.DRAFT,
        title_zh=reader.text("title_zh"),
        title_en=reader.text("title_en"),
        method=figures.method,
        valid_from=valid_from,
        valid_to=valid_to,
        hash=content_hash,
        example_valued=figures.example_valued,
        grades=figures.grades,
        subject_kinds=frozenset(subjects.choices("kinds", SubjectKind)),
        subject_cite=read_cite(subjects),
        sectors=frozenset(sectors.choices("only", Sector)),
        sector_cite=read_cite(sectors),
        ended=_cites(reader.below("ended"), RecordStatus, set(RecordStatus) - {_ACTIVE}),
        required=_cites(reader.below("required"), Requirement, figures.required),
        ambiguities=tuple(_ambiguity(item) for item in reader.each("ambiguities")),
        editions=figures.editions(),
    )


def _ambiguity(reader: Reader) -> Ambiguity:
    reader.only("id", "reading_zh", "reading_en", "alternative", "changes", "touched_by")
    if not is_citation(reader.text("id")):
        reader.fault("id", "应为C-编号", "must be a number C-nn")
    return Ambiguity(read_reading(reader), frozenset(reader.texts("touched_by")))


def read_reading(reader: Reader) -> Reading:
    """Read the reading chosen of an ambiguity, from a ruleset or a receipt."""
    return Reading(
        id=reader.text("id"),
        reading_zh=reader.text("reading_zh"),
        reading_en=reader.text("reading_en"),
        alternative=reader.text("alternative"),
        changes=reader.text("changes"),
    )


def _cites(reader: Reader, keys: type[E], needed: Iterable[E]) -> dict[E, str]:
    """Read a table of citations by an enumeration; those needed must be there."""
    reader.only(*keys)
    wanted = [key for key in keys if key in reader.data or key in set(needed)]
    found = {key: reader.text(key) for key in wanted}
    for key, cite in found.items():
        if cite and not is_citation(cite):
            reader.fault(key, f"引用不明：{cite}", f"cites no known text: {cite}")
    return found
